import { describe, expect, test, vi } from 'vitest';
import { Control } from '../../labextension/src/grid/control';
import { landing } from '../../labextension/src/grid/input/pointers';
import { arrange, defaultWidth, holdable, NO_WISHES, recall } from '../../labextension/src/grid/layout';
import type { Nack } from '../../labextension/src/protocol';
import { COLUMNS, TableSession } from './grid_table';

const INDEX = { id: 20, name: 'key', kind: 'text', dtype: 'str', index: true, editable: false } as const;

/** Storage that keeps what it is given, or refuses as a full one does. */
function shelf(full = false) {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, text: string) => {
      if (full) {
        throw new DOMException('full', 'QuotaExceededError');
      }
      kept.set(name, text);
    },
    removeItem: (name: string) => void kept.delete(name)
  };
}

function control(rows = 100, columns = COLUMNS, box = shelf()) {
  const session = new TableSession(rows, columns);
  return { session, box, control: new Control(session, box) };
}

describe('layout', () => {
  test('index levels come first and stay, then pinned columns, then the rest', () => {
    const layout = arrange([COLUMNS[0]!, INDEX, COLUMNS[1]!, COLUMNS[2]!], { ...NO_WISHES, pinned: new Set([2]) });
    expect(layout.columns).toEqual([20, 2, 0, 1]);
    expect(layout.pinned).toBe(2);
  });

  test('pinned columns leave room to scroll in', () => {
    const layout = arrange(COLUMNS, { ...NO_WISHES, pinned: new Set([0, 1, 2, 3]) });
    expect(holdable(layout, 10_000)).toBe(4);
    expect(holdable(layout, 500)).toBe(2);
  });

  test('a layout is found again by column names in the next kernel', () => {
    const { control: first, box } = control();
    first.hide([1]);
    first.pin(3, true);
    first.resize(2, 333);
    const renumbered = COLUMNS.map(column => ({ ...column, id: column.id + 100 }));
    const { state } = control(100, renumbered, box).control;
    expect(state.layout.hidden).toEqual([101]);
    expect(state.layout.columns[0]).toBe(103);
    expect(state.layout.widths.get(102)).toBe(333);
  });

  test('a browser that keeps nothing costs nothing but the memory of it', () => {
    const { control: desk } = control(100, COLUMNS, shelf(true));
    desk.hide([1]);
    expect(desk.state.layout.hidden).toEqual([1]);
  });

  test('what is kept in a form from elsewhere is not believed', () => {
    const box = shelf();
    box.kept.set('tabweave:layout:orders', '{"hidden": 3}');
    expect(recall(box, 'orders', COLUMNS)).toEqual(NO_WISHES);
    box.kept.set('tabweave:layout:orders', 'x');
    expect(recall(box, 'orders', COLUMNS)).toEqual(NO_WISHES);
  });

  test('the last visible column cannot be hidden', () => {
    const { control: desk } = control();
    desk.hide(COLUMNS.map(column => column.id));
    expect(desk.state.layout.columns).toHaveLength(COLUMNS.length);
    expect(desk.state.notice?.text).toContain('At least one column');
  });

  test('a new column shows, a dropped one leaves the selection', () => {
    const { control: desk, session } = control();
    desk.select({ cursor: { row: 1, column: 1 }, ranges: [{ start: 1, stop: 2, columns: [1] }] });
    const columns = [...COLUMNS.filter(column => column.id !== 1), { ...COLUMNS[1]!, id: 50, name: 'new' }];
    session.set({ schema: { columns, dtypes: [] } });
    expect(desk.state.layout.columns).toContain(50);
    expect(desk.state.selection.ranges.flatMap(range => range.columns)).not.toContain(1);
  });

  test('a wide name makes a wide column, within reason', () => {
    expect(defaultWidth({ ...COLUMNS[0]!, name: 'x'.repeat(25) })).toBeGreaterThan(200);
    expect(defaultWidth({ ...COLUMNS[0]!, name: 'x'.repeat(500) })).toBe(300);
  });

  test('a dragged column lands before the one it was dropped at, hidden ones notwithstanding', () => {
    const { control: desk } = control(10, [INDEX, ...COLUMNS]);
    desk.hide([1]);
    expect(desk.state.layout.columns.slice(0, 4)).toEqual([20, 0, 2, 3]);
    expect(landing(desk, 0, 2)).toBe(2);
    expect(landing(desk, 3, 1)).toBe(0);
    expect(landing(desk, 0, desk.state.layout.columns.length - 1)).toBe(COLUMNS.length - 1);
    expect(landing(desk, 2, 2)).toBeNull();
  });
});

describe('the view', () => {
  test('another sort key keeps the others and its place among them', async () => {
    const { control: desk, session } = control();
    await desk.sort(1, false, false);
    await desk.sort(2, true, true);
    await desk.sort(1, true, true);
    expect(session.state.view.sort).toEqual([
      { column: 1, descending: true },
      { column: 2, descending: true }
    ]);
    await desk.sort(3, false, false);
    expect(session.state.view.sort).toEqual([{ column: 3, descending: false }]);
    await desk.sort(3, null, true);
    expect(session.state.view.sort).toEqual([]);
  });

  test('filters on a column replace each other and leave those on others', async () => {
    const { control: desk, session } = control();
    await desk.filter(1, [{ is: 'missing', column: 1 }]);
    await desk.where('price > 3');
    await desk.filter(2, [{ is: 'missing', column: 2 }]);
    await desk.filter(1, []);
    expect(session.state.view.filter).toEqual([
      { is: 'expression', sql: 'price > 3' },
      { is: 'missing', column: 2 }
    ]);
    await desk.where('  ');
    expect(session.state.view.filter).toEqual([{ is: 'missing', column: 2 }]);
  });

  test('a view that is refused rejects with why', async () => {
    const { control: desk, session } = control();
    vi.spyOn(session, 'setView').mockRejectedValue(
      Object.assign(new Error('There is no column prise.'), { hint: 'Did you mean price?' })
    );
    await expect(desk.where('prise > 3')).rejects.toMatchObject({
      message: 'There is no column prise.',
      hint: 'Did you mean price?'
    });
    expect(desk.state.notice).toBeNull();
  });

  test('rows that are filtered away leave the selection', () => {
    const { control: desk, session } = control();
    desk.select({ cursor: { row: 90, column: 1 }, ranges: [{ start: 80, stop: 100, columns: [1] }] });
    session.set({ rows: 50 });
    expect(desk.state.selection).toEqual({ cursor: { row: 49, column: 1 }, ranges: [{ start: 49, stop: 50, columns: [1] }] });
  });
});

describe('operations', () => {
  const pick = (desk: Control, start: number, stop: number, columns: number[]) =>
    desk.select({ cursor: { row: start, column: columns[0]! }, ranges: [{ start, stop, columns }] });

  test('rows that are selected twice are deleted once', async () => {
    const { control: desk, session } = control();
    desk.select({
      cursor: { row: 1, column: 1 },
      ranges: [
        { start: 5, stop: 8, columns: [1] },
        { start: 1, stop: 6, columns: [2] },
        { start: 20, stop: 21, columns: [2] }
      ]
    });
    await desk.deleteRows();
    expect(session.ops).toEqual([
      {
        kind: 'delete_rows',
        rows: {
          ranges: [
            [1, 8],
            [20, 21]
          ]
        }
      }
    ]);
    expect(desk.state.notice?.action?.label).toBe('Undo');
  });

  test('Ctrl+D repeats the first row of the selection, or the row above a single one', async () => {
    const { control: desk, session } = control();
    pick(desk, 3, 6, [1]);
    await desk.writing.fillDown();
    pick(desk, 6, 7, [1]);
    await desk.writing.fillDown();
    expect(session.ops).toEqual([
      { kind: 'fill', columns: [1], start: 3, stop: 4, target_start: 4, target_stop: 6, mode: 'copy' },
      { kind: 'fill', columns: [1], start: 5, stop: 6, target_start: 6, target_stop: 7, mode: 'copy' }
    ]);
  });

  test('Ctrl+R writes the first column as text into the others', async () => {
    const { control: desk, session } = control();
    pick(desk, 0, 2, [1, 7]);
    await desk.writing.fillRight();
    expect(session.ops).toEqual([
      {
        kind: 'set_cells',
        input: 'text',
        blocks: [{ columns: [7], start: 0, stop: 2, values: [['Bo Diddley', 'Chidi Anagonye']] }]
      }
    ]);
  });

  test('a refusal with a way out offers it, and takes it with what was refused', async () => {
    const { control: desk, session } = control();
    pick(desk, 0, 2, [0]);
    await desk.clear();
    expect(desk.state.notice?.action?.label).toBe('Allow missing (Int64)');
    desk.state.notice?.action?.run();
    await vi.waitFor(() => expect(session.ops.map(op => op.kind)).toEqual(['set_cells', 'retype_column', 'set_cells']));
    await vi.waitFor(() => expect(session.value(1, 0)).toBeNull());
  });

  test('a read-only table is not written to', async () => {
    const { control: desk, session } = control();
    session.set({ readOnly: 'This table is read-only.' });
    pick(desk, 0, 2, [1]);
    const outcome = await desk.clear();
    expect(outcome.ok).toBe(false);
    expect(session.ops).toEqual([]);
    expect(desk.state.notice?.text).toBe('This table is read-only.');
  });

  test('an undo that could not undo all says so', async () => {
    const { control: desk, session } = control();
    vi.spyOn(session, 'undo').mockResolvedValue({ ok: true, rev: 2, cells: 41, rows: 0, skipped: 1, message: '' });
    await desk.undo();
    expect(desk.state.notice?.text).toBe('1 cell changed since and stayed.');
  });

  test('an undo with nothing to undo says so', async () => {
    const { control: desk, session } = control();
    const nack: Nack = { type: 'nack', ch: '', seq: 0, code: 'UNDO_EXPIRED', message: 'There is nothing to undo.' };
    vi.spyOn(session, 'undo').mockResolvedValue({ ok: false, nack });
    await desk.undo();
    expect(desk.state.notice?.text).toBe('There is nothing to undo.');
  });
});
