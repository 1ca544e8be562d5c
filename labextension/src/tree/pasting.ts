/** Numbers pasted over totals, as one write: all of them or none. */
import type { Spread, Target } from '../protocol';
import type { TreeActs } from './acts';
import { isSame, written } from './nodes';

/** A cell of the clipboard and the cell of the tree that it goes to. */
export interface Pasted {
  row: number;
  column: number;
  text: string;
}

/** The write that pasted cells come to, the empty ones left out; or why there is none. */
export function pastedTotals(acts: TreeActs, cells: readonly Pasted[]): Spread | { text: string; hint: string } {
  const targets: Target[] = [];
  const holds: NonNullable<Spread['holds']> = [];
  let made: Spread | null = null;
  for (const { row, column, text } of cells) {
    if (text.trim() === '') {
      continue;
    }
    const place = `${acts.columnName(column)} of ${written(acts.node(row)?.path ?? [])}`;
    const why = acts.why(row, column);
    if (why) {
      return { text: `${place} cannot be written, so nothing was pasted.`, hint: why };
    }
    const entry = acts.read(column, text);
    if ('error' in entry) {
      return { text: `${place}: ${entry.error}`, hint: 'Nothing was pasted.' };
    }
    if (entry.method.by !== 'proportional' && entry.method.by !== 'repeat') {
      return { text: `${place}: “${text.trim()}” is not a plain number.`, hint: 'Several totals are pasted as numbers only.' };
    }
    made = acts.operation(row, column, entry);
    targets.push(...(made?.targets ?? []));
    holds.push(...(made?.holds ?? []).filter(hold => !holds.some(each => isSame(each, hold))));
  }
  if (!made) {
    return { text: 'There is nothing to paste.', hint: '' };
  }
  const kept = holds.filter(hold => !targets.some(({ at }) => isSame(at, hold)));
  return { kind: 'spread', rollup: made.rollup, targets, ...(kept.length ? { holds: kept } : {}) };
}
