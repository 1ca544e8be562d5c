import { act } from '@testing-library/react';
import { afterEach, beforeEach, vi } from 'vitest';
import { mountGrid } from '../../labextension/src/grid/app';
import { TableSession } from './grid_table';

const WIDTH = 1000;
const HEIGHT = 400;

/** A drawing context that draws nothing and measures every letter as 7 pixels. */
function paper(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const known: Record<string, unknown> = {
    canvas,
    measureText: (text: string) => ({ width: text.length * 7, actualBoundingBoxAscent: 8, actualBoundingBoxDescent: 2 }),
    createLinearGradient: () => ({ addColorStop: () => undefined }),
    getImageData: () => ({ data: [0, 0, 0, 255] })
  };
  return new Proxy(known, {
    get: (target, name: string) => (name in target ? target[name] : () => undefined),
    set: (target, name: string, value: unknown) => {
      target[name] = value;
      return true;
    }
  }) as unknown as CanvasRenderingContext2D;
}

class Observer implements ResizeObserver {
  constructor(private readonly hear: ResizeObserverCallback) {}
  observe(target: Element): void {
    const contentRect = new DOMRect(0, 0, WIDTH, HEIGHT);
    this.hear([{ target, contentRect } as ResizeObserverEntry], this);
  }
  unobserve(): void {}
  disconnect(): void {}
}

/** `#rrggbb` as browsers compute it, which the colour reader of Glide expects. */
function computed(color: string): string {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(color)?.[1];
  if (!hex) {
    return color || 'rgb(0, 0, 0)';
  }
  const parts = hex.length === 3 ? [...hex].map(digit => digit + digit) : hex.match(/../g)!;
  return `rgb(${parts.map(part => parseInt(part, 16)).join(', ')})`;
}

const realStyle = window.getComputedStyle.bind(window);

function computedStyle(element: Element): CSSStyleDeclaration {
  return new Proxy(realStyle(element), {
    get(style, name) {
      const value: unknown = Reflect.get(style, name);
      if (name === 'color') {
        return computed(String(value));
      }
      return typeof value === 'function' ? (value.bind(style) as unknown) : value;
    }
  });
}

beforeEach(() => {
  vi.spyOn(window, 'getComputedStyle').mockImplementation(computedStyle);
  vi.stubGlobal('ResizeObserver', Observer);
  vi.stubGlobal('Path2D', class {});
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(function (this: HTMLCanvasElement) {
    return paper(this);
  } as never);
  vi.spyOn(HTMLElement.prototype, 'clientWidth', 'get').mockReturnValue(WIDTH);
  vi.spyOn(HTMLElement.prototype, 'clientHeight', 'get').mockReturnValue(HEIGHT);
  vi.spyOn(document, 'hasFocus').mockReturnValue(true);
  localStorage.clear();
});

const unmounts: (() => void)[] = [];

afterEach(() => {
  act(() => unmounts.splice(0).forEach(unmount => unmount()));
  vi.unstubAllGlobals();
});

/** A grid on the page over a table in memory. */
export async function mount(session = new TableSession(100)) {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
  const el = document.createElement('div');
  document.body.append(el);
  await act(async () => {
    const unmount = mountGrid(el, session, { height: 400 });
    unmounts.push(() => {
      unmount();
      el.remove();
    });
    await pause(30);
  });
  const input = el.querySelector<HTMLTextAreaElement>('.tw-Editor-input')!;
  return { el, session, input };
}

export const pause = (ms = 0) => new Promise(resolve => setTimeout(resolve, ms));

/** Lets what is under way come to its end. */
export const settle = (ms = 20) => act(() => pause(ms));

/** Presses a key where the focus is; what is not prevented goes into a text field there, as in a browser. */
export function press(key: string, more: KeyboardEventInit = {}): boolean {
  const target = document.activeElement ?? document.body;
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, composed: true, ...more });
  let free = false;
  act(() => {
    free = target.dispatchEvent(event);
    const field = document.activeElement;
    if (free && [...key].length === 1 && !more.ctrlKey && !more.metaKey && field instanceof HTMLTextAreaElement) {
      field.setRangeText(key, field.selectionStart, field.selectionEnd, 'end');
      field.dispatchEvent(new InputEvent('input', { bubbles: true, data: key }));
    }
  });
  return free;
}

/** Types text without a pause between its keys; `\n` is Enter and `\t` is Tab. */
export function type(text: string): void {
  for (const char of text) {
    press(char === '\n' ? 'Enter' : char === '\t' ? 'Tab' : char);
  }
}

export function clipboard(kind: 'copy' | 'cut' | 'paste', data: Record<string, string> = {}): Record<string, string> {
  const held = { ...data };
  const event = new Event(kind, { bubbles: true, cancelable: true });
  Object.assign(event, {
    clipboardData: {
      getData: (type_: string) => held[type_] ?? '',
      setData: (type_: string, text: string) => {
        held[type_] = text;
      }
    }
  });
  act(() => {
    document.activeElement?.dispatchEvent(event);
  });
  return held;
}

/** Which cell the cursor is on, as a screen reader hears it: "price, row 3". */
export const place = (input: HTMLElement) => input.getAttribute('aria-label')?.split(':')[0];
