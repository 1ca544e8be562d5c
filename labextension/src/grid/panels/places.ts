import type { Column } from '../../protocol';

/** A cell that was asked for by row, by column, or both; what is absent stays where it is. */
export interface Place {
  row?: number;
  column?: number;
}

function distance(left: string, right: string): number {
  let row = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let i = 1; i <= left.length; i++) {
    const next = [i];
    for (let j = 1; j <= right.length; j++) {
      const swap = (row[j - 1] ?? 0) + (left[i - 1] === right[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap));
    }
    row = next;
  }
  return row[right.length] ?? 0;
}

/** The columns whose names come nearest to `typed`: equal, beginning with it, containing it, misspelt. */
export function nearestColumns(typed: string, columns: readonly Column[], limit: number): Column[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === '') {
    return columns.slice(0, limit);
  }
  const rank = (column: Column): number => {
    const name = column.name.toLowerCase();
    if (name === wanted) {
      return 0;
    }
    if (name.startsWith(wanted)) {
      return 1;
    }
    if (name.includes(wanted)) {
      return 2;
    }
    const errors = distance(name.slice(0, wanted.length + 2), wanted);
    return errors <= Math.max(1, Math.floor(wanted.length / 3)) + 1 ? 2 + errors : Infinity;
  };
  return columns
    .map(column => ({ column, rank: rank(column) }))
    .filter(entry => entry.rank < Infinity)
    .sort((left, right) => left.rank - right.rank)
    .slice(0, limit)
    .map(entry => entry.column);
}

/** Splits what was typed into a row number and the text of a column name. */
export function splitPlace(typed: string): { row: string; name: string } {
  const parts = /^\s*(\d[\d,_ ]*)?\s*[,;]?\s*(.*?)\s*$/.exec(typed);
  const row = (parts?.[1] ?? '').replace(/[,_ ]/g, '');
  return { row, name: parts?.[2] ?? '' };
}

/** The place that was typed as "row, column", "row" or "column"; rows count from 1. */
export function parsePlace(typed: string, columns: readonly Column[], rows: number): Place | { error: string } {
  const whole = columns.find(column => column.name === typed.trim());
  if (whole) {
    return { column: whole.id };
  }
  const { row, name } = splitPlace(typed);
  const place: Place = {};
  if (row !== '') {
    const number = Number(row);
    if (number < 1 || number > rows) {
      return { error: `There is no row ${row}. The view has rows 1 to ${rows.toLocaleString('en-US')}.` };
    }
    place.row = number - 1;
  }
  if (name !== '') {
    const column =
      columns.find(other => other.name === name) ?? columns.find(other => other.name.toLowerCase() === name.toLowerCase());
    if (!column) {
      const near = nearestColumns(name, columns, 3).map(other => `“${other.name}”`);
      return { error: `There is no column “${name}”.${near.length ? ` Did you mean ${near.join(' or ')}?` : ''}` };
    }
    place.column = column.id;
  }
  return row === '' && name === '' ? { error: 'Type a row number, a column name, or both: 120, price' } : place;
}
