import { readClipboard } from '../clipboard/tables';
import type { Control } from '../control';
import type { Desk } from '../editing/desk';
import type { Keys } from './keys';

/** Hears keys, presses and the clipboard over the cells, and keeps the focus in the one input. Returns what stops it. */
export function listen(cells: HTMLElement, control: Control, desk: Desk, keys: Keys): () => void {
  const { editor } = desk;
  const { input } = editor;
  const ends: (() => void)[] = [];
  const on = <K extends keyof HTMLElementEventMap>(
    element: HTMLElement,
    name: K,
    hear: (event: HTMLElementEventMap[K]) => void,
    capture = false
  ) => {
    element.addEventListener(name, hear, capture);
    ends.push(() => element.removeEventListener(name, hear, capture));
  };
  const inEditor = (target: EventTarget | null) =>
    target instanceof Element && (target === input || target.closest('.tw-Editor-popup,.tw-Editor-calendar') !== null);

  on(
    cells,
    'keydown',
    event => {
      if (event.target === input || !inEditor(event.target)) {
        keys.keydown(event);
      }
    },
    true
  );
  on(
    cells,
    'pointerdown',
    event => {
      if (inEditor(event.target)) {
        return;
      }
      control.beat++;
      desk.forget();
      editor.commit();
      editor.focus();
    },
    true
  );
  // Glide focuses its canvas on a press, a frame late; the press itself would take the focus to the page.
  on(cells, 'mousedown', event => {
    if (!inEditor(event.target) && !onScrollBar(event)) {
      event.preventDefault();
    }
  });
  on(cells, 'focusin', event => {
    if (!inEditor(event.target)) {
      editor.focus();
    }
  });
  on(input, 'focus', () => {
    if (!control.state.selection.cursor) {
      desk.start();
    }
  });
  on(input, 'blur', event => {
    const { relatedTarget } = event;
    // Glide takes the focus to its canvas and gives it back at once. When the window lost it, the edit waits.
    const back = inEditor(relatedTarget) || (relatedTarget instanceof Node && cells.contains(relatedTarget));
    if (!back && document.hasFocus()) {
      editor.commit();
    }
  });
  on(input, 'copy', event => {
    if (editor.state || !event.clipboardData) {
      return;
    }
    event.preventDefault();
    if (!control.transfer.copyNow(event.clipboardData)) {
      void control.copy(false);
    }
  });
  on(input, 'cut', event => {
    if (editor.state || !event.clipboardData) {
      return;
    }
    event.preventDefault();
    if (control.transfer.copyNow(event.clipboardData)) {
      void control.clear();
    } else {
      void control.cut();
    }
  });
  on(input, 'paste', event => {
    if (editor.state || !event.clipboardData) {
      return;
    }
    event.preventDefault();
    const table = readClipboard(event.clipboardData);
    const [only] = table[0] ?? [];
    if (control.tree.shown && table.length === 1 && table[0]?.length === 1 && only) {
      editor.open({ text: only.trim() });
      editor.commit();
      return;
    }
    void control.transfer.paste(table);
  });
  return () => ends.forEach(end => end());
}

function onScrollBar(event: MouseEvent): boolean {
  const { target } = event;
  return target instanceof HTMLElement && (event.offsetX > target.clientWidth || event.offsetY > target.clientHeight);
}
