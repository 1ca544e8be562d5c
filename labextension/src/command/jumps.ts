/** From one proposed change to the next, wherever in the view it is. */
import type { Session } from '../session/api';
import type { Changes } from './changes';

/** Rows that are looked through at once. */
const CHUNK = 8_000;

export interface Place {
  row: number;
  column: number;
}

/** The first column of a row, at or after a place among `columns` (or before it), in which something changes; -1 for none. */
function within(changes: Changes, rid: number, columns: readonly number[], from: number, step: 1 | -1): number {
  if (changes.removes(rid)) {
    return step > 0 ? (from <= 0 ? 0 : -1) : from >= 0 ? 0 : -1;
  }
  for (let place = from; place >= 0 && place < columns.length; place += step) {
    if (changes.changes(rid, columns[place] ?? -1)) {
      return place;
    }
  }
  return -1;
}

const before = (a: Place, b: Place, columns: readonly number[]): boolean =>
  a.row < b.row || (a.row === b.row && columns.indexOf(a.column) < columns.indexOf(b.column));

/** The next of the changes that the proposal lists, where the view is the table itself; undefined where that cannot be told. */
function listed(
  session: Session,
  { proposal }: Changes,
  columns: readonly number[],
  from: Place | null,
  step: 1 | -1
): Place | undefined {
  const { cells = [], n_cells = 0, rows_removed = 0 } = proposal;
  const { sort, filter, search, tree } = session.state.view;
  if (rows_removed || sort?.length || filter?.length || search || tree) {
    return undefined;
  }
  const places = cells.map(({ row, column }) => ({ row: row - 1, column })).filter(({ column }) => columns.includes(column));
  places.sort((a, b) => (before(a, b, columns) ? -1 : 1));
  const last = places.at(-1);
  const whole = cells.length >= n_cells;
  if (!last || (!whole && (!from || !before(from, last, columns)))) {
    return undefined;
  }
  const next =
    from && (step > 0 ? places.find(each => before(from, each, columns)) : places.findLast(each => before(each, from, columns)));
  return next ?? (whole ? (step > 0 ? places[0] : last) : undefined);
}

/**
 * The next change after a place of the view (or the one before it), round the end; null where nothing of the view changes.
 * `columns` are the columns in drawing order. `wanted` says when to give up.
 */
export async function nextChange(
  session: Session,
  changes: Changes,
  columns: readonly number[],
  from: Place | null,
  step: 1 | -1,
  wanted: () => boolean
): Promise<Place | null> {
  const { rows } = session.state;
  const first = columns[0];
  if (!rows || first === undefined) {
    return null;
  }
  const known = listed(session, changes, columns, from, step);
  if (known) {
    return known;
  }
  const here = from
    ? { row: from.row, place: columns.indexOf(from.column) + step }
    : { row: step > 0 ? 0 : rows - 1, place: step > 0 ? 0 : columns.length - 1 };
  let row = here.row;
  for (let left = rows + 1; left > 0 && wanted();) {
    const count = Math.min(CHUNK, left, step > 0 ? rows - row : row + 1);
    const [start, stop] = step > 0 ? [row, row + count] : [row - count + 1, row + 1];
    await session.load(start, stop, [first]);
    const rids = Array.from({ length: stop - start }, (_, i) => session.rid(start + i)).filter(rid => rid !== undefined);
    await changes.learn(rids);
    for (let i = 0; i < count; i++) {
      const at = row + i * step;
      const rid = session.rid(at);
      const begin = left === rows + 1 && i === 0 ? here.place : step > 0 ? 0 : columns.length - 1;
      const place = rid === undefined ? -1 : within(changes, rid, columns, begin, step);
      const column = columns[place];
      if (column !== undefined) {
        return { row: at, column };
      }
    }
    left -= count;
    row = step > 0 ? (stop >= rows ? 0 : stop) : start <= 0 ? rows - 1 : start - 1;
  }
  return null;
}
