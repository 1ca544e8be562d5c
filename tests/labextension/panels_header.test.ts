import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  drawHeader,
  fitText,
  formatShare,
  HEADER_HEIGHT,
  hitHeader,
  stackWidths
} from '../../labextension/src/grid/drawing/header';
import { glideTheme, observeTheme, plainColor, themeMode, type Palette } from '../../labextension/src/grid/drawing/theme';
import type { Profile } from '../../labextension/src/protocol';
import { column } from './panels_fake';

const size = { width: 140, height: HEADER_HEIGHT };

describe('a header', () => {
  test('its right end opens the menu, the arrow beside it sorts, the rest selects', () => {
    expect(hitHeader(130, 10, size)).toBe('menu');
    expect(hitHeader(105, 10, size, true)).toBe('sort');
    expect(hitHeader(105, 10, size, false)).toBe('none');
    expect(hitHeader(20, 10, size, true)).toBe('none');
    expect(hitHeader(130, HEADER_HEIGHT - 4, size)).toBe('none');
    expect(hitHeader(-1, 10, size)).toBe('none');
  });

  test('a name that does not fit ends in an ellipsis, and one that cannot show a letter is left out', () => {
    const measure = (text: string) => text.length * 10;
    expect(fitText('region', 60, measure)).toBe('region');
    expect(fitText('region', 45, measure)).toBe('reg…');
    expect(fitText('region', 15, measure)).toBe('');
  });

  test('a share is never said to be nothing or everything when it is not', () => {
    expect([0, 0.001, 0.5, 0.999, 1].map(formatShare)).toEqual(['0%', '<1%', '50%', '>99%', '100%']);
  });

  test('the stack is as wide as its box, and few missing rows still show', () => {
    const profile: Profile = {
      column: 0,
      rows: 10_000,
      missing: 1,
      top: [
        { value: 'a', count: 5000 },
        { value: 'b', count: 2000 }
      ]
    };
    const { top, rest, missing } = stackWidths(profile, 120);
    expect(missing).toBe(3);
    expect(top.reduce((sum, part) => sum + part, 0) + rest + missing).toBeCloseTo(120);
    expect(stackWidths({ column: 0, rows: 0, missing: 0 }, 120)).toEqual({ top: [], rest: 120, missing: 0 });
  });
});

const PALETTE = new Proxy({} as Palette, { get: (_, name) => String(name) });

/** A canvas context that notes what is written and filled. */
function pen() {
  const texts: string[] = [];
  const boxes: { color: string; width: number }[] = [];
  const noted = {
    fillStyle: '',
    fillText: (text: string) => void texts.push(text),
    fillRect: (_x: number, _y: number, width: number) => void boxes.push({ color: noted.fillStyle, width }),
    measureText: (text: string) => ({ width: text.length * 6 })
  };
  const context = new Proxy(noted, { get: (target, name) => Reflect.get(target, name) ?? (() => undefined) });
  return { context: context as unknown as CanvasRenderingContext2D, texts, boxes };
}

describe('drawing a header', () => {
  beforeEach(() => vi.stubGlobal('Path2D', class {}));
  afterEach(() => vi.unstubAllGlobals());
  const rect = { x: 0, y: 0, width: 200, height: HEADER_HEIGHT };
  const model = {
    column: column(0, 'price', 'float', 'float64'),
    filtered: false,
    pinned: false,
    hover: 0,
    selected: 'none'
  } as const;

  test('it names the column, its type and its missing share', () => {
    const { context, texts } = pen();
    const profile = { column: 0, rows: 100, missing: 25, counts: [1, 2, 3], edges: [0, 1, 2, 3] };
    drawHeader(context, rect, { ...model, profile }, PALETTE);
    expect(texts).toEqual(['price', 'float64', '25% missing']);
  });

  test('while its profile is not here it is as high and says nothing wrong', () => {
    const { context, texts, boxes } = pen();
    drawHeader(context, rect, model, PALETTE);
    expect(texts).toEqual(['price', 'float64']);
    expect(boxes.some(({ color }) => color === 'bar')).toBe(false);
  });

  test('bars are drawn for filled bins only', () => {
    const { context, boxes } = pen();
    drawHeader(
      context,
      rect,
      { ...model, profile: { column: 0, rows: 5, missing: 0, counts: [3, 0, 2], edges: [0, 1, 2, 3] } },
      PALETTE
    );
    expect(boxes.filter(({ color }) => color === 'bar')).toHaveLength(2);
  });

  test('the place among several sort keys is written, a single key has none', () => {
    const { context, texts } = pen();
    drawHeader(context, rect, { ...model, sort: { descending: true, key: 2, keys: 3 } }, PALETTE);
    expect(texts[0]).toBe('2');
    const single = pen();
    drawHeader(single.context, rect, { ...model, sort: { descending: true, key: 1, keys: 1 } }, PALETTE);
    expect(single.texts[0]).toBe('price');
  });
});

describe('the theme', () => {
  afterEach(() => {
    document.body.removeAttribute('data-jp-theme-light');
    document.documentElement.removeAttribute('theme');
  });

  test('JupyterLab’s theme decides before the system’s', () => {
    document.body.dataset['jpThemeLight'] = 'false';
    expect(themeMode()).toBe('dark');
    document.body.dataset['jpThemeLight'] = 'true';
    expect(themeMode()).toBe('light');
  });

  test('outside JupyterLab the page’s own theme decides', () => {
    document.documentElement.setAttribute('theme', 'dark');
    expect(themeMode()).toBe('dark');
  });

  test('a theme change is heard until nobody listens any more', async () => {
    const heard = vi.fn();
    const leave = observeTheme(heard);
    document.body.dataset['jpThemeLight'] = 'false';
    await vi.waitFor(() => expect(heard).toHaveBeenCalledTimes(1));
    leave();
    document.body.dataset['jpThemeLight'] = 'true';
    await new Promise(done => setTimeout(done, 60));
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('mixed colours reach the canvas as rgba', () => {
    expect(plainColor('color(srgb 1 0.5 0 / 0.25)')).toBe('rgba(255, 128, 0, 0.25)');
    expect(plainColor('color(srgb 0 0 0)')).toBe('rgba(0, 0, 0, 1)');
    expect(plainColor('rgb(1, 2, 3)')).toBe('rgb(1, 2, 3)');
    expect(glideTheme(PALETTE).bgCell).toBe('surface');
  });
});
