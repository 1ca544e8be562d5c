import { describe, expect, test, vi } from 'vitest';
import { act } from '@testing-library/react';
import { COLUMNS, TableSession } from './grid_table';
import { clipboard, mount, place, press, settle, type } from './grid_stage';

const price = (session: TableSession, row: number) => session.value(row, 3);

/** A mounted grid with the cursor on the first row of a column. */
async function start(column: number, session = new TableSession(100)) {
  const stage = await mount(session);
  act(() => stage.input.focus());
  for (let i = 0; i < column; i++) {
    press('ArrowRight');
  }
  return stage;
}

describe('typing', () => {
  test('the very first key of a fresh grid is part of the value', async () => {
    const { session } = await start(3);
    type('12345\n');
    await settle();
    expect(session.typed).toEqual([{ row: 0, column: 3, text: '12345' }]);
    expect(price(session, 0)).toBe(12345);
  });

  test('50 values without a pause all land, each in its row', async () => {
    const { session, input } = await start(3);
    for (let i = 0; i < 50; i++) {
      type(`${1000 + i}\n`);
    }
    expect(place(input)).toBe('price, row 51');
    await settle();
    expect(Array.from({ length: 50 }, (_, i) => price(session, i))).toEqual(Array.from({ length: 50 }, (_, i) => 1000 + i));
  });

  test('keys that reach the canvas are typed all the same', async () => {
    const { session, el } = await start(3);
    const canvas = el.querySelector('canvas')!;
    act(() => canvas.focus());
    type('8\n');
    await settle();
    expect(price(session, 0)).toBe(8);
  });

  test('typing replaces, F2 edits what is there', async () => {
    const { session, input } = await start(3);
    press('F2');
    expect(input.value).toBe('2.91');
    type('5\n');
    await settle();
    expect(price(session, 0)).toBe(2.915);
  });

  test('an edit that changes nothing writes nothing', async () => {
    const { session } = await start(3);
    press('F2');
    press('Enter');
    await settle();
    expect(session.typed).toEqual([]);
  });

  test('arrows end an edit that typing began, and move the caret in one that F2 opened', async () => {
    const { session, input } = await start(3);
    type('7');
    press('ArrowRight');
    expect(place(input)).toBe('paid, row 1');
    press('ArrowLeft');
    press('F2');
    expect(press('ArrowLeft')).toBe(true);
    press('Escape');
    await settle();
    expect(session.typed).toHaveLength(1);
    expect(price(session, 0)).toBe(7);
  });

  test('Esc leaves the cell as it was', async () => {
    const { session, input } = await start(3);
    type('99');
    press('Escape');
    expect(input.value).toBe('');
    expect(session.typed).toEqual([]);
    expect(place(input)).toBe('price, row 1');
  });

  test('Enter after a run of Tabs goes back to where the Tabs began', async () => {
    const { input } = await start(0);
    type('1\t2\n');
    expect(place(input)).toBe('order, row 2');
  });

  test('Shift turns Enter and Tab round', async () => {
    const { input } = await start(1);
    press('ArrowDown');
    type('x');
    press('Enter', { shiftKey: true });
    expect(place(input)).toBe('customer, row 1');
    type('y');
    press('Tab', { shiftKey: true });
    expect(place(input)).toBe('order, row 1');
  });

  test('Alt+Enter is a line break', async () => {
    const { session } = await start(7);
    type('a');
    press('Enter', { altKey: true });
    type('b\n');
    await settle();
    expect(session.value(0, 7)).toBe('a\nb');
  });

  test('Delete empties the selected cells in one operation', async () => {
    const { session } = await start(3);
    press('ArrowDown', { shiftKey: true });
    press('Delete');
    await settle();
    expect(session.ops).toEqual([
      { kind: 'set_cells', input: 'text', blocks: [{ columns: [3], start: 0, stop: 2, values: [[null]] }] }
    ]);
  });

  test('Space ticks a checkbox', async () => {
    const { session } = await start(4);
    const before = session.value(0, 4);
    press(' ');
    await settle();
    expect(session.value(0, 4)).toBe(!before);
  });

  test('what an input method composes is committed as a whole', async () => {
    const { session, input } = await start(1);
    act(() => {
      input.dispatchEvent(new CompositionEvent('compositionstart', { bubbles: true }));
      input.value = '日本';
      input.dispatchEvent(new InputEvent('input', { bubbles: true }));
    });
    press('Enter', { isComposing: true });
    expect(session.typed).toEqual([]);
    press('Enter');
    await settle();
    expect(session.value(0, 1)).toBe('日本');
  });

  test('an edit survives that the table changes under it', async () => {
    const { session, input } = await start(3);
    type('12');
    act(() => session.set({ rows: 90, rev: 9 }));
    type('34\n');
    await settle();
    expect(price(session, 0)).toBe(1234);
    expect(place(input)).toBe('price, row 2');
  });

  test('a value begins with the letters of the choice that Enter takes', async () => {
    const { session } = await start(2);
    type('no\n');
    await settle();
    expect(session.value(0, 2)).toBe('North');
  });

  test('a choice is picked with the arrows', async () => {
    const { session } = await start(2);
    press('F2');
    press('ArrowDown');
    press('ArrowDown');
    press('Enter');
    await settle();
    expect(session.value(0, 2)).toBe('South');
  });

  test('a read-only column says why and opens nothing', async () => {
    const { session, input, el } = await start(9);
    type('x');
    expect(input.value).toBe('');
    expect(el.textContent).toContain('Bytes are read-only here.');
    expect(session.typed).toEqual([]);
  });
});

describe('refusals', () => {
  test('a refused text comes back into the editor, selected, with the reason', async () => {
    const { input } = await start(3);
    type('abc\n');
    await settle();
    expect(input.value).toBe('abc');
    expect([input.selectionStart, input.selectionEnd]).toEqual([0, 3]);
    expect(document.querySelector('.tw-Editor-refused')?.textContent).toContain("'abc' is not a number for price (float64).");
    expect(input.getAttribute('aria-invalid')).toBe('true');
  });

  test('Esc gives a refused text up', async () => {
    const { session } = await start(3);
    type('abc\n');
    await settle();
    press('Escape');
    expect(session.cell(0, 3)?.state).toBe('stored');
  });

  test('whoever has gone on is not called back, but told', async () => {
    const session = new TableSession(100);
    session.delay = 15;
    const { el, input } = await start(3, session);
    type('abc\n12');
    await settle(40);
    expect(input.value).toBe('12');
    expect(session.cell(0, 3)?.state).toBe('rejected');
    const go = [...el.querySelectorAll('button')].find(button => button.textContent === 'Go to the cell');
    act(() => go?.click());
    await settle();
    expect(input.value).toBe('abc');
    expect(price(session, 1)).toBe(12);
  });

  test('what is offered is done and the value stored after it', async () => {
    const { session } = await start(0);
    press('F2');
    act(() => {
      document.querySelector<HTMLTextAreaElement>('.tw-Editor-input')!.value = '';
    });
    press('Enter');
    await settle();
    const offer = document.querySelector<HTMLButtonElement>('.tw-Editor-offer');
    expect(offer?.textContent).toBe('Allow missing (Int64)');
    act(() => offer?.click());
    await settle();
    expect(session.ops).toEqual([{ kind: 'retype_column', column: 0, dtype: 'Int64' }]);
    expect(session.value(0, 0)).toBeNull();
  });
});

describe('clipboard', () => {
  test('a selection in sight is copied at once, as text and as a table', async () => {
    await start(0);
    press('ArrowDown', { shiftKey: true });
    press('ArrowRight', { shiftKey: true });
    const copied = clipboard('copy');
    expect(copied['text/plain']).toBe('10000\tBo Diddley\n10001\tChidi Anagonye');
    expect(copied['text/html']).toContain('<td>Bo Diddley</td>');
  });

  test('cutting empties the cells', async () => {
    const { session } = await start(1);
    expect(clipboard('cut')['text/plain']).toBe('Bo Diddley');
    await settle();
    expect(session.value(0, 1)).toBeNull();
  });

  test('1,000 × 2 cells are one operation', async () => {
    const { session } = await start(0, new TableSession(2000));
    clipboard('paste', { 'text/plain': '1\tx\n'.repeat(1000) });
    await settle();
    expect(session.ops).toHaveLength(1);
    expect(session.value(999, 1)).toBe('x');
  });

  test('a refused paste writes nothing and says how many cells and which', async () => {
    const { session, el } = await start(3);
    clipboard('paste', { 'text/plain': '1\nabc\nx' });
    await settle();
    expect(price(session, 0)).toBe(2.91);
    expect(el.textContent).toContain('2 cells refused, nothing written');
    expect(el.textContent).toContain('Go to the first');
  });

  test('rows that lack are added when Enter says so', async () => {
    const { session, el } = await start(3, new TableSession(2));
    clipboard('paste', { 'text/plain': '1\n2\n3\n4' });
    await settle();
    expect(session.ops).toEqual([]);
    expect(el.textContent).toContain('Add 2 rows and paste');
    press('Enter');
    await settle();
    expect(session.ops.map(op => op.kind)).toEqual(['insert_rows', 'set_cells']);
    expect(price(session, 3)).toBe(4);
  });

  test('any other key than Enter says no', async () => {
    const { session } = await start(3, new TableSession(2));
    clipboard('paste', { 'text/plain': '1\n2\n3\n4' });
    await settle();
    press('ArrowUp');
    press('Enter');
    await settle();
    expect(session.ops).toEqual([]);
  });
});

describe('the keyboard and the page', () => {
  test('no key gets out to the notebook', async () => {
    const { el } = await start(3);
    const heard = vi.fn();
    document.addEventListener('keydown', heard);
    type('a\n');
    press('z', { ctrlKey: true });
    press('Escape');
    act(() => el.querySelector<HTMLElement>('.tw-Grid')?.focus());
    press('b');
    await settle();
    document.removeEventListener('keydown', heard);
    expect(heard).not.toHaveBeenCalled();
  });

  test('Esc leads out of the cells and Enter back in', async () => {
    const { el, input } = await start(3);
    press('Escape');
    expect(document.activeElement).toBe(el.querySelector('.tw-Grid'));
    press('Enter');
    expect(document.activeElement).toBe(input);
  });

  test('Esc takes a wide selection back first', async () => {
    const { input } = await start(3);
    press('a', { ctrlKey: true });
    press('Escape');
    expect(document.activeElement).toBe(input);
    press('Delete');
    await settle();
    expect(place(input)).toBe('price, row 1');
  });

  test('the table for screen readers has its size and its name', async () => {
    const { el } = await mount(new TableSession(1000));
    await settle(300);
    const table = el.querySelector('table[role=grid]');
    expect(table?.getAttribute('aria-rowcount')).toBe('1001');
    expect(table?.getAttribute('aria-colcount')).toBe(String(COLUMNS.length));
    expect(table?.getAttribute('aria-label')).toBe('Table orders');
  });

  test('it has its height before there is any data', async () => {
    const session = new TableSession(0, []);
    session.set({ connection: 'connecting' });
    const { el } = await mount(session);
    expect(el.querySelector<HTMLElement>('.tw-Grid')?.style.height).toBe('400px');
    expect(el.querySelector('.tw-Grid-placeholder')).not.toBeNull();
  });
});
