import type { Block, Range, SetCells } from '../../protocol';
import type { Selection } from '../controller';
import type { Table } from './tables';

/** Cells that one paste may write. */
export const MOST_CELLS = 2_000_000;

/** What a paste comes to: the operation, how much it lacks room, and what will be selected after it. */
export interface Plan {
  op: SetCells;
  /** Rows missing at the end of the table. */
  rows: number;
  /** Columns of the clipboard that find no place at the right. */
  columns: number;
  selection: Selection;
}

const text = (cell: string): string | null => (cell === '' ? null : cell);

/** A column of the clipboard from top to bottom. */
function down(table: Table, column: number, rows: number): (string | null)[] {
  const height = table.length;
  const values = new Array<string | null>(rows);
  for (let row = 0; row < rows; row++) {
    values[row] = text(table[row % height]?.[column] ?? '');
  }
  return values;
}

/** One value into every selected cell, sent once a column however many rows there are. */
export function fillPlan(value: string | null, selection: Selection): Plan {
  const blocks = selection.ranges.map<Block>(({ start, stop, columns }) => ({
    columns,
    start,
    stop,
    values: columns.map(() => [value])
  }));
  return { op: { kind: 'set_cells', blocks, input: 'text' }, rows: 0, columns: 0, selection };
}

/**
 * A table of cells at the top left of the last selected range; repeated over the range where it fits whole times.
 * `columns` are the visible ones in drawing order and `total` the rows of the view.
 */
export function pastePlan(table: Table, selection: Selection, columns: readonly number[], total: number): Plan | null {
  const height = table.length;
  const width = table[0]?.length ?? 0;
  const last = selection.ranges[selection.ranges.length - 1];
  if (!last || !height || !width) {
    return null;
  }
  if (height === 1 && width === 1) {
    return fillPlan(text(table[0]?.[0] ?? ''), selection);
  }
  const left = Math.min(...last.columns.map(id => columns.indexOf(id)).filter(place => place >= 0));
  if (!Number.isFinite(left)) {
    return null;
  }
  const { tall, wide } = repeats(last, height, width);
  const ids = columns.slice(left, left + width * wide);
  const once = height === 1 && tall > 1;
  const values = ids.map((_, index) => down(table, index % width, once ? 1 : height * tall));
  const stop = last.start + height * tall;
  return {
    op: { kind: 'set_cells', blocks: [{ columns: ids, values, start: last.start, stop }], input: 'text' },
    rows: Math.max(0, stop - total),
    columns: width * wide - ids.length,
    selection: {
      cursor: { row: last.start, column: ids[0] ?? last.columns[0] ?? 0 },
      ranges: [{ start: last.start, stop, columns: ids }]
    }
  };
}

function repeats(range: Range, height: number, width: number): { tall: number; wide: number } {
  const rows = range.stop - range.start;
  const fits = rows % height === 0 && range.columns.length % width === 0;
  if (!fits || (height > 1 && rows * range.columns.length > MOST_CELLS)) {
    return { tall: 1, wide: 1 };
  }
  return { tall: rows / height, wide: range.columns.length / width };
}
