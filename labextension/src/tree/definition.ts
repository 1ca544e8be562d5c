/** A rollup as it is being put together, and how it reads. It must not know the interface. */
import type { Aggregate, Column, Filter, RollupDef } from '../protocol';
import { isNumeric } from '../values';

export type Fn = Aggregate['fn'];

/** One measure of a draft. `into` says that a ratio or weighted mean can be written, into its numerator's column. */
export interface Measure {
  fn: Fn;
  column: number;
  other: number | null;
  inverse: number | null;
}

export interface Draft {
  name: string;
  levels: number[];
  measures: Measure[];
  across: number | null;
  filter: Filter[];
}

export const FUNCTIONS: readonly { fn: Fn; label: string; numbers: boolean; other?: string }[] = [
  { fn: 'sum', label: 'sum', numbers: true },
  { fn: 'mean', label: 'mean', numbers: true },
  { fn: 'count', label: 'count', numbers: false },
  { fn: 'distinct', label: 'distinct', numbers: false },
  { fn: 'min', label: 'min', numbers: false },
  { fn: 'max', label: 'max', numbers: false },
  { fn: 'first', label: 'first', numbers: false },
  { fn: 'last', label: 'last', numbers: false },
  { fn: 'weighted_mean', label: 'weighted mean', numbers: true, other: 'weighted by' },
  { fn: 'ratio', label: 'ratio', numbers: true, other: 'divided by' }
];

/** Kinds whose values are names of groups by their nature. */
const GROUPS = new Set<Column['kind']>(['category', 'text', 'boolean', 'date']);
const NO_LEVEL = new Set<Column['kind']>(['binary', 'nested', 'object']);

/** Names of numbers that say nothing when added up: codes, and what is said of each piece. */
const CODES = /(^|[_ ])(id|zip|code|nr|no)$|^(year|month|day|index)$/i;
const PER_PIECE = /price|rate|ratio|percent|pct|share|margin|avg|mean|score/i;

export const canLevel = (column: Column): boolean => !NO_LEVEL.has(column.kind);

export const functionsOf = (column: Column) =>
  FUNCTIONS.filter(({ numbers }) => !numbers || (isNumeric(column) && column.kind !== 'duration'));

/** Where to begin: by the first columns that name groups, of the sums of the numbers. */
export function suggest(columns: readonly Column[]): Draft {
  const named = columns.filter(({ kind }) => GROUPS.has(kind));
  const levels = named.filter(({ kind }) => kind !== 'date').slice(0, 2);
  const numbers = columns.filter(column => !column.index && !CODES.test(column.name) && measureOf(column).fn !== 'count');
  const measures = numbers.slice(0, 3).map(column => measureOf(column));
  const first = columns.find(column => !levels.includes(column));
  return {
    name: '',
    levels: levels.map(({ id }) => id),
    measures: measures.length || !first ? measures : [{ fn: 'count', column: first.id, other: null, inverse: null }],
    across: null,
    filter: []
  };
}

/** A measure of a column to begin with: its sum, its mean, or how many values it has. */
export function measureOf(column: Column): Measure {
  const adds = functionsOf(column).some(each => each.fn === 'sum');
  const fn = !adds ? 'count' : PER_PIECE.test(column.name) ? 'mean' : 'sum';
  return { fn, column: column.id, other: null, inverse: null };
}

export function draftOf(definition: RollupDef): Draft {
  return {
    name: definition.name ?? '',
    levels: [...definition.levels],
    measures: definition.aggregates.map(({ fn, column, other = null, inverse = null }) => ({ fn, column, other, inverse })),
    across: definition.across ?? null,
    filter: [...(definition.filter ?? [])]
  };
}

/** The definition that a draft comes to, or what it lacks. */
export function defineDraft(draft: Draft, columns: readonly Column[]): RollupDef | { error: string } {
  const known = new Set(columns.map(({ id }) => id));
  const name = (id: number) => columns.find(column => column.id === id)?.name ?? '?';
  const { levels, measures, across, filter } = draft;
  if (!measures.length) {
    return { error: 'Choose at least one measure.' };
  }
  const lost = [...levels, ...measures.map(({ column }) => column), ...(across === null ? [] : [across])].find(
    id => !known.has(id)
  );
  if (lost !== undefined) {
    return { error: 'A column of this rollup is gone. Choose another one.' };
  }
  if (!levels.length && across === null) {
    return { error: 'Choose at least one level.' };
  }
  if (across !== null && levels.includes(across)) {
    return { error: `${name(across)} is a level already. Put another column side by side.` };
  }
  const bare = measures.find(({ fn, other }) => FUNCTIONS.some(each => each.fn === fn && each.other) && other === null);
  if (bare) {
    return { error: `${bare.fn === 'ratio' ? 'The ratio' : 'The weighted mean'} of ${name(bare.column)} needs a second column.` };
  }
  const said = measures.map(({ fn, column, other }) => `${fn} ${column} ${other ?? ''}`);
  const twice = measures[said.findIndex((each, place) => said.indexOf(each) !== place)];
  if (twice) {
    return { error: `${twice.fn}(${name(twice.column)}) stands twice.` };
  }
  return {
    levels,
    aggregates: measures.map(({ fn, column, other, inverse }) => ({
      ...{ fn, column },
      ...(other === null ? {} : { other }),
      ...(inverse === null ? {} : { inverse })
    })),
    ...(draft.name.trim() ? { name: draft.name.trim() } : {}),
    ...(across === null ? {} : { across }),
    ...(filter.length ? { filter } : {})
  };
}

/** `brand > family of sum(amount) across month`, as `%tab rollup` has it. */
export function spell(definition: RollupDef, columns: readonly Column[]): string {
  const name = (id: number | null | undefined) => columns.find(column => column.id === id)?.name ?? '?';
  const levels = definition.levels.map(name).join(' > ');
  const measures = definition.aggregates.map(({ fn, column, other, inverse, label }) => {
    const made = `${fn}(${name(column)}${other == null ? '' : `, ${name(other)}`})`;
    return label || made + (inverse == null ? '' : ` into ${name(inverse)}`);
  });
  const across = definition.across == null ? '' : ` across ${name(definition.across)}`;
  const filters = definition.filter ?? [];
  const where = filters.map(each => (each.is === 'expression' ? each.sql : `${name(each.column)} …`)).join(' and ');
  return `${levels ? `${levels} of ` : ''}${measures.join(', ')}${across}${where && ` where ${where}`}`;
}

/** The same list with the item at `from` moved to `to`. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, place) => place !== from);
  const item = list[from];
  return item === undefined || to < 0 || to > rest.length ? [...list] : [...rest.slice(0, to), item, ...rest.slice(to)];
}
