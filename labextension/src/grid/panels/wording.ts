import type { Column, DtypeChoice, Filter, Kind, Nack, Scalar } from '../../protocol';
import type { Outcome, Touch } from '../../session/api';
import { formatAge } from './figures';
import { scalarText } from './scalars';

/** What went wrong and what to do next, to be shown in place. */
export interface Failure {
  message: string;
  hint: string;
}

/** Any thrown thing as a failure; the protocol's errors carry a hint. */
export function explain(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const hint = 'hint' in error && typeof error.hint === 'string' ? error.hint : '';
    return { message: String(error.message), hint };
  }
  return { message: String(error), hint: '' };
}

const LONGEST = 40;

/** A value's text, cut where it would fill a sentence. */
export function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

/** Who changed a cell and when: "changed by Ann 3 min ago". */
export function touchText({ user, own, at }: Touch, now = Date.now()): string {
  return `changed by ${own ? 'you, elsewhere' : user.name} ${formatAge(at / 1000, now / 1000)}`;
}

/** The refusal of an outcome, or null when it went well. */
export function refusal(outcome: Outcome): Nack | null {
  return outcome.ok ? null : outcome.nack;
}

/** The column a filter is on, or null for a condition on whole rows. */
export function filterColumn(filter: Filter): number | null {
  return filter.is === 'expression' ? null : filter.column;
}

/** What is wrong with a new column name, or nothing. `own` is the column that may keep its name. */
export function nameError(name: string, columns: readonly Column[], own?: number): string | undefined {
  if (name.trim() === '') {
    return 'Give the column a name.';
  }
  const taken = columns.some(column => column.name === name && column.id !== own);
  return taken ? `Another column is named “${name}” already. Choose a different name.` : undefined;
}

function quoted(value: Scalar, column: Column): string {
  const text = scalarText(value, column);
  return text === '' ? 'empty text' : text;
}

function listed(values: string[]): string {
  return values.length <= 2 ? values.join(' or ') : `${values[0]}, ${values[1]} or ${values.length - 2} more`;
}

const TEXT_MODES = {
  contains: 'contains',
  equals: 'equals',
  starts: 'starts with',
  ends: 'ends with',
  regex: 'matches'
} as const;
const NOT_TEXT_MODES = {
  contains: 'does not contain',
  equals: 'does not equal',
  starts: 'does not start with',
  ends: 'does not end with',
  regex: 'does not match'
} as const;

/** A filter without its column's name: "is 10 – 20", "contains “abc”". */
export function filterText(filter: Filter, column: Column): string {
  switch (filter.is) {
    case 'range': {
      const lo = scalarText(filter.lo, column);
      const hi = scalarText(filter.hi, column);
      if (lo && hi) {
        return lo === hi ? `is ${lo}` : `${lo} – ${hi}`;
      }
      return lo ? `≥ ${lo}` : `≤ ${hi}`;
    }
    case 'set': {
      const values = filter.values.map(value => quoted(value, column));
      const all = filter.missing ? [...values, 'missing'] : values;
      if (all.length === 0) {
        return filter.exclude ? 'is anything' : 'is none of its values';
      }
      return `${filter.exclude ? 'is not' : 'is'} ${listed(all)}`;
    }
    case 'text':
      return `${(filter.negate ? NOT_TEXT_MODES : TEXT_MODES)[filter.mode ?? 'contains']} “${filter.text}”`;
    case 'missing':
      return filter.negate ? 'is not missing' : 'is missing';
    case 'expression':
      return filter.sql;
  }
}

/** What a person calls a kind of column. */
export const KIND_NAMES = {
  integer: 'Whole numbers',
  float: 'Numbers',
  decimal: 'Exact decimals',
  boolean: 'True or false',
  text: 'Text',
  category: 'Categories',
  date: 'Dates',
  time: 'Times of day',
  timestamp: 'Dates and times',
  duration: 'Durations',
  binary: 'Bytes',
  nested: 'Lists and structures',
  object: 'Python objects'
} as const satisfies Record<Column['kind'], string>;

/** The choices that contain `search`, by kind in their given order. */
export function groupChoices(choices: readonly DtypeChoice[], search: string): [Kind, DtypeChoice[]][] {
  const wanted = search.trim().toLowerCase();
  const groups = new Map<Kind, DtypeChoice[]>();
  for (const choice of choices) {
    const words = `${choice.label} ${choice.name} ${KIND_NAMES[choice.kind]}`.toLowerCase();
    if (words.includes(wanted)) {
      groups.set(choice.kind, [...(groups.get(choice.kind) ?? []), choice]);
    }
  }
  return [...groups];
}
