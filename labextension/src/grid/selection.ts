import type { Range } from '../protocol';
import type { Selection } from './controller';
import type { Block, Picked, Spot } from './view';

/** How many rows and columns there are to move over. */
export interface Shape {
  rows: number;
  columns: number;
}

export const NOTHING: Picked = { cursor: null, blocks: [] };

const clamp = (value: number, limit: number) => Math.max(0, Math.min(value, limit - 1));

export function at(spot: Spot, shape: Shape): Picked {
  if (!shape.rows || !shape.columns) {
    return NOTHING;
  }
  const cursor = { row: clamp(spot.row, shape.rows), column: clamp(spot.column, shape.columns) };
  return { cursor, blocks: [{ ...cursor, rows: 1, columns: 1 }] };
}

/** The block being extended. */
export function active(picked: Picked): Block | undefined {
  return picked.blocks[picked.blocks.length - 1];
}

/** The corner of the active block that moves when it is extended: the one across from the cursor. */
export function head(picked: Picked): Spot | null {
  const block = active(picked);
  const { cursor } = picked;
  if (!block || !cursor) {
    return cursor;
  }
  return {
    row: cursor.row > block.row ? block.row : block.row + block.rows - 1,
    column: cursor.column > block.column ? block.column : block.column + block.columns - 1
  };
}

export function move(picked: Picked, rows: number, columns: number, shape: Shape): Picked {
  const from = picked.cursor ?? { row: 0, column: 0 };
  return at(picked.cursor ? { row: from.row + rows, column: from.column + columns } : from, shape);
}

/** Extends the active block so that it runs from the cursor to `to`. */
export function extendTo(picked: Picked, to: Spot, shape: Shape): Picked {
  const { cursor } = picked;
  if (!cursor || !shape.rows || !shape.columns) {
    return at(to, shape);
  }
  const row = clamp(to.row, shape.rows);
  const column = clamp(to.column, shape.columns);
  const block = {
    row: Math.min(cursor.row, row),
    column: Math.min(cursor.column, column),
    rows: Math.abs(cursor.row - row) + 1,
    columns: Math.abs(cursor.column - column) + 1
  };
  return { cursor, blocks: [...picked.blocks.slice(0, -1), block] };
}

export function extend(picked: Picked, rows: number, columns: number, shape: Shape): Picked {
  const from = head(picked);
  return from
    ? extendTo(picked, { row: from.row + rows, column: from.column + columns }, shape)
    : at({ row: 0, column: 0 }, shape);
}

export function all(picked: Picked, shape: Shape): Picked {
  if (!shape.rows || !shape.columns) {
    return NOTHING;
  }
  return {
    cursor: picked.cursor ?? { row: 0, column: 0 },
    blocks: [{ row: 0, column: 0, rows: shape.rows, columns: shape.columns }]
  };
}

/** The selected blocks widened to whole rows or whole columns. */
export function whole(picked: Picked, axis: 'rows' | 'columns', shape: Shape): Picked {
  const blocks = picked.blocks.map(block =>
    axis === 'rows' ? { ...block, column: 0, columns: shape.columns } : { ...block, row: 0, rows: shape.rows }
  );
  return { cursor: picked.cursor, blocks };
}

/** True when more than one cell is selected. */
export function many(picked: Picked): boolean {
  const block = active(picked);
  return picked.blocks.length > 1 || (block !== undefined && block.rows * block.columns > 1);
}

/** Moves the cursor through the selected block, row by row or column by column, round its end. */
export function cycle(picked: Picked, step: 1 | -1, along: 'rows' | 'columns'): Picked {
  const { cursor } = picked;
  const block = active(picked);
  if (!cursor || !block) {
    return picked;
  }
  const row = cursor.row - block.row;
  const column = cursor.column - block.column;
  const count = block.rows * block.columns;
  const place = along === 'rows' ? column * block.rows + row : row * block.columns + column;
  const next = (place + step + count) % count;
  const spot =
    along === 'rows'
      ? { row: next % block.rows, column: Math.floor(next / block.rows) }
      : { row: Math.floor(next / block.columns), column: next % block.columns };
  return { cursor: { row: block.row + spot.row, column: block.column + spot.column }, blocks: picked.blocks };
}

/** Positions as ids, for everything that outlives a change of layout. */
export function named(picked: Picked, columns: readonly number[]): Selection {
  const { cursor } = picked;
  const id = cursor ? columns[cursor.column] : undefined;
  const ranges: Range[] = [];
  for (const block of picked.blocks) {
    const ids = columns.slice(block.column, block.column + block.columns);
    if (ids.length && block.rows > 0) {
      ranges.push({ start: block.row, stop: block.row + block.rows, columns: ids });
    }
  }
  return { cursor: cursor && id !== undefined ? { row: cursor.row, column: id } : null, ranges };
}

/** Ids as positions; a range falls into one block for each run of neighbouring columns, and what is not there falls out. */
export function placed(selection: Selection, columns: readonly number[], rows: number): Picked {
  const where = new Map(columns.map((id, position) => [id, position]));
  const blocks: Block[] = [];
  for (const range of selection.ranges) {
    const start = Math.max(0, range.start);
    const stop = Math.min(range.stop, rows);
    const positions = range.columns.map(id => where.get(id)).filter(position => position !== undefined);
    positions.sort((a, b) => a - b);
    let run: Block | null = null;
    for (const position of start < stop ? positions : []) {
      if (run && position === run.column + run.columns) {
        run.columns++;
      } else {
        run = { row: start, column: position, rows: stop - start, columns: 1 };
        blocks.push(run);
      }
    }
  }
  const column = selection.cursor ? where.get(selection.cursor.column) : undefined;
  const row = selection.cursor?.row ?? -1;
  const cursor = column !== undefined && row >= 0 && row < rows ? { row, column } : null;
  return { cursor, blocks };
}
