/** Commands about the columns of a table, for whoever does not know yet what can be said. */
import type { Column, Kind, Profile } from '../protocol';

const NUMBERS: readonly Kind[] = ['integer', 'float', 'decimal'];
const GROUPS: readonly Kind[] = ['category', 'text', 'boolean'];
const TIMES: readonly Kind[] = ['date', 'timestamp'];

/** A column as it is named in a command. */
export function named(name: string): string {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) ? name : `"${name}"`;
}

/** Whether a column is likely an identifier, of which totals mean nothing. */
const counts = ({ name }: Column): boolean => !/(^|[\W_])(id|no|nr|number|code|zip|year|order)$/i.test(name);

/** Up to four commands that fit the columns, the most telling first. */
export function examples(columns: readonly Column[], profiles: ReadonlyMap<number, Profile> = new Map()): string[] {
  const data = columns.filter(each => !each.index);
  const of = (kinds: readonly Kind[]) =>
    data.filter(each => kinds.includes(each.kind)).sort((a, b) => rank(a, kinds) - rank(b, kinds));
  const numbers = of(NUMBERS).sort((a, b) => Number(counts(b)) - Number(counts(a)));
  const number = numbers[0] && named(numbers[0].name);
  const second = numbers[1] && named(numbers[1].name);
  const group = of(GROUPS)[0];
  const time = of(TIMES)[0];
  const sparse =
    data.find(({ id }) => (profiles.get(id)?.missing ?? 0) > 0) ??
    data.find(each => each.nullable !== false && each.name !== group?.name) ??
    data[0];
  const found = [
    number && group ? `total ${number} by ${named(group.name)}` : '',
    sparse ? `drop rows without ${named(sparse.name)}` : '',
    number && time ? `line chart of ${number} over ${named(time.name)}` : '',
    (second ?? number) ? `sort by ${second ?? number} descending` : '',
    group ? `trim ${named(group.name)}` : '',
    data.length ? 'remove duplicates' : ''
  ];
  return found.filter(Boolean).slice(0, 4);
}

const rank = (column: Column, kinds: readonly Kind[]): number => kinds.indexOf(column.kind);

/** What stands in the empty field. */
export function placeholder(columns: readonly Column[], profiles: ReadonlyMap<number, Profile>): string {
  const [first, second] = examples(columns, profiles);
  return first ? `Say what is to be done: “${first}”${second ? ` or “${second}”` : ''}` : 'Say what is to be done';
}
