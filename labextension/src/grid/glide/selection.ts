import { CompactSelection, type GridSelection, type Rectangle } from '@glideapps/glide-data-grid';
import { active } from '../selection';
import type { Block, Picked, ViewProps } from '../view';
import type { Seen } from './handle';

export const rectangle = ({ row, column, rows, columns }: Block): Rectangle => ({
  x: column,
  y: row,
  width: columns,
  height: rows
});

/** Whole columns and rows become Glide's own kind of selection, which lights their headers. */
export function toGlide({ cursor, blocks }: Picked, rows: number, columns: number): GridSelection {
  let wholeColumns = CompactSelection.empty();
  let wholeRows = CompactSelection.empty();
  const rest: Rectangle[] = [];
  for (const block of blocks) {
    if (block.rows === rows && rows > 1) {
      wholeColumns = wholeColumns.add([block.column, block.column + block.columns]);
    } else if (block.columns === columns && columns > 1) {
      wholeRows = wholeRows.add([block.row, block.row + block.rows]);
    } else {
      rest.push(rectangle(block));
    }
  }
  if (!cursor) {
    return { current: undefined, columns: wholeColumns, rows: wholeRows };
  }
  const range = rest.pop() ?? { x: cursor.column, y: cursor.row, width: 1, height: 1 };
  return {
    current: { cell: [cursor.column, cursor.row], range, rangeStack: rest },
    columns: wholeColumns,
    rows: wholeRows
  };
}

/** The cursor stays in what is selected: where it was, else at the first cell of the last block in sight. */
export function fromGlide(selection: GridSelection, { rows, columns, picked }: ViewProps, seen: Seen): Picked {
  const blocks: Block[] = [];
  for (const [start, stop] of selection.columns.items) {
    blocks.push({ row: 0, column: start, rows, columns: Math.min(stop, columns.length) - start });
  }
  for (const [start, stop] of selection.rows.items) {
    blocks.push({ row: start, column: 0, rows: Math.min(stop, rows) - start, columns: columns.length });
  }
  const { current } = selection;
  if (current) {
    for (const { x, y, width, height } of [...current.rangeStack, current.range]) {
      blocks.push({ row: y, column: x, rows: height, columns: width });
    }
    return { cursor: { row: current.cell[1], column: current.cell[0] }, blocks };
  }
  const last = active({ cursor: null, blocks });
  if (!last) {
    return { cursor: picked.cursor, blocks: picked.cursor ? [{ ...picked.cursor, rows: 1, columns: 1 }] : [] };
  }
  const { cursor } = picked;
  if (cursor && blocks.some(block => holds(block, cursor))) {
    return { cursor, blocks };
  }
  const column = Math.min(last.column, columns.length - 1);
  return { cursor: { row: last.rows === rows ? Math.min(seen.y, rows - 1) : last.row, column }, blocks };
}

function holds(block: Block, { row, column }: { row: number; column: number }): boolean {
  return row >= block.row && row < block.row + block.rows && column >= block.column && column < block.column + block.columns;
}
