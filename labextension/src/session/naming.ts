/** Rows that an operation names by their place in the view, named by their ids where those are here. */
import type { Op, Rows } from '../protocol';

/** More rows than this are named by their place: their ids would make a long message. */
const MOST_NAMED = 2_000;

type Ids = (start: number, stop: number) => number[] | null;

/**
 * The same operation on the rows that the user saw, whatever comes or goes before it arrives. An operation that keeps naming
 * places is refused by the table when they do not mean the same rows any more.
 */
export function nameRows(op: Op, rid: (row: number) => number | undefined): Op {
  let left = MOST_NAMED;
  const ids: Ids = (start, stop) => {
    left -= stop - start;
    if (left < 0) {
      return null;
    }
    const found: number[] = [];
    for (let row = start; row < stop; row++) {
      const id = rid(row);
      if (id === undefined) {
        return null;
      }
      found.push(id);
    }
    return found;
  };
  switch (op.kind) {
    case 'set_cells': {
      const blocks = op.blocks.map(({ start = 0, stop = 0, ...block }) => ({ ...block, rows: block.rows ?? ids(start, stop) }));
      return blocks.every(block => block.rows !== null) ? { ...op, blocks } : op;
    }
    case 'delete_rows':
      return { ...op, rows: named(op.rows, ids) };
    case 'insert_rows':
      return op.copy_of ? { ...op, copy_of: named(op.copy_of, ids) } : op;
    default:
      return op;
  }
}

function named(rows: Rows, ids: Ids): Rows {
  const parts = rows.ranges?.map(([start, stop]) => ids(start, stop)) ?? [null];
  return parts.every(part => part !== null) ? { ids: [...new Set(parts.flat())] } : rows;
}
