/** What a write to a tree would do, in words. */
import type { Method, SpreadPreview, Total } from '../protocol';
import type { Outcome } from '../session/api';
import { groupDigits } from '../values';

const many = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`;

const HOW: Partial<Record<Method['by'], string>> = {
  equal: 'equally',
  equal_increment: 'by equal steps',
  ratio: 'in their shares',
  repeat: 'the same in each',
  percent: 'by percent',
  copy: 'copied',
  clear: 'made missing',
  zero: 'set to zero',
  move: 'moved, proportional'
};

/** "spreads to 1,204 rows, proportional". */
export function spreadText(rows: number, by: Method['by']): string {
  return `spreads to ${many(rows)}, ${HOW[by] ?? by.replace(/_/g, ' ')}`;
}

const number = (text: string) => (text === '' ? 'nothing' : groupDigits(text, 'en-US'));

/** "1,000 → 1,200 · 46 of 48 rows change". */
export function effectText({ totals, rows, changed }: SpreadPreview): string {
  const [total] = totals;
  const change = total && total.after !== '' ? `${number(total.before)} → ${number(total.after)} · ` : '';
  const rest =
    changed === rows
      ? `${many(rows)} ${rows === 1 ? 'changes' : 'change'}`
      : `${changed.toLocaleString('en-US')} of ${many(rows)} change`;
  return `${change}${changed === 0 ? 'nothing changes' : rest}`;
}

/** What was written, where the table does not say it itself. */
export function doneText(outcome: Outcome & { ok: true }, place: string, text: string): string {
  const { message, cells } = outcome;
  return (
    message || (cells ? `${text ? `${place}: ${text}, ` : ''}${cells.toLocaleString('en-US')} cells changed` : 'Nothing changed.')
  );
}

/** What is unusual about a total that would be written. */
export function remark({ equal, compensated }: Total): string {
  const parts = [
    equal ? 'There are no proportions to keep, so all get the same.' : '',
    compensated ? `${compensated} stays as it is: other rows in it move.` : ''
  ];
  return parts.filter(Boolean).join(' ');
}

export const shownNumber = (text: string | null): string => (text === null ? 'missing' : number(text));
