import type { Column, Filter, RangeFilter, Scalar, SetFilter, TextFilter } from '../../protocol';
import { compareScalars, hasRange, inputText, parseScalar } from './scalars';

/** The ways to filter by a column; "expression" is about whole rows. */
export type FilterMode = 'range' | 'set' | 'text' | 'missing' | 'expression';

/** Which values are kept: the listed ones or, with `exclude`, all but the listed ones. */
export interface Choice {
  exclude: boolean;
  listed: ReadonlyMap<string, Scalar>;
  /** The missing value is listed. */
  missing: boolean;
}

export interface TextDraft {
  text: string;
  mode: NonNullable<TextFilter['mode']>;
  case: boolean;
  negate: boolean;
}

export interface RangeDraft {
  lo: string;
  hi: string;
}

/** A filter as it is being put together; each mode keeps its own part while the others are looked at. */
export interface Draft {
  mode: FilterMode;
  range: RangeDraft;
  choice: Choice;
  text: TextDraft;
  /** Keep the missing rows, or the present ones. */
  missing: 'missing' | 'present';
  sql: string;
}

/** The filters a draft stands for, or what is wrong with it and where. */
export type Built = { filters: Filter[] } | { error: string; field: 'lo' | 'hi' | 'values' };

export const EVERYTHING: Choice = { exclude: true, listed: new Map(), missing: false };
export const NOTHING: Choice = { exclude: false, listed: new Map(), missing: false };

/** The modes that make sense for a column, the most useful first. */
export function modesOf(column: Column): FilterMode[] {
  if (hasRange(column)) {
    return ['range', 'set', 'missing', 'expression'];
  }
  switch (column.kind) {
    case 'boolean':
      return ['set', 'missing', 'expression'];
    case 'text':
    case 'category':
      return ['set', 'text', 'missing', 'expression'];
    default:
      return ['text', 'missing', 'expression'];
  }
}

export const keyOf = (value: Scalar): string => JSON.stringify(value);

export function isKept(choice: Choice, value: Scalar): boolean {
  return choice.exclude !== choice.listed.has(keyOf(value));
}

export function isMissingKept(choice: Choice): boolean {
  return choice.exclude !== choice.missing;
}

/** The choice after keeping or dropping some values. */
export function keep(choice: Choice, values: readonly Scalar[], kept: boolean): Choice {
  const listed = new Map(choice.listed);
  for (const value of values) {
    if (kept === choice.exclude) {
      listed.delete(keyOf(value));
    } else {
      listed.set(keyOf(value), value);
    }
  }
  return { ...choice, listed };
}

export function keepMissing(choice: Choice, kept: boolean): Choice {
  return { ...choice, missing: choice.exclude !== kept };
}

/** The draft that shows the filters in force on a column. */
export function draftOf(column: Column, filters: readonly Filter[], sql: string): Draft {
  const modes = modesOf(column);
  const draft: Draft = {
    mode: filters.map(filter => filter.is).find(mode => modes.includes(mode)) ?? modes[0] ?? 'text',
    range: { lo: '', hi: '' },
    choice: EVERYTHING,
    text: { text: '', mode: 'contains', case: false, negate: false },
    missing: 'missing',
    sql
  };
  for (const filter of filters) {
    switch (filter.is) {
      case 'range':
        draft.range = { lo: inputText(filter.lo, column), hi: inputText(filter.hi, column) };
        break;
      case 'set':
        draft.choice = {
          exclude: filter.exclude ?? false,
          listed: new Map(filter.values.map(value => [keyOf(value), value])),
          missing: filter.missing ?? false
        };
        break;
      case 'text':
        draft.text = {
          text: filter.text,
          mode: filter.mode ?? 'contains',
          case: filter.case ?? false,
          negate: filter.negate ?? false
        };
        break;
      case 'missing':
        draft.missing = filter.negate ? 'present' : 'missing';
        break;
    }
  }
  return draft;
}

function buildRange(column: Column, draft: RangeDraft): Built {
  const lo = parseScalar(draft.lo, column);
  if ('error' in lo) {
    return { error: lo.error, field: 'lo' };
  }
  const hi = parseScalar(draft.hi, column);
  if ('error' in hi) {
    return { error: hi.error, field: 'hi' };
  }
  if (lo.value === null && hi.value === null) {
    return { filters: [] };
  }
  if (compareScalars(lo.value, hi.value, column) > 0) {
    return { error: 'The end lies before the start. Swap the two.', field: 'hi' };
  }
  const filter: RangeFilter = { is: 'range', column: column.id };
  if (lo.value !== null) {
    filter.lo = lo.value;
  }
  if (hi.value !== null) {
    filter.hi = hi.value;
  }
  return { filters: [filter] };
}

function buildSet(column: Column, choice: Choice): Built {
  if (choice.listed.size === 0 && !choice.missing) {
    return choice.exclude ? { filters: [] } : { error: 'Choose at least one value, or clear the filter.', field: 'values' };
  }
  const filter: SetFilter = { is: 'set', column: column.id, values: [...choice.listed.values()] };
  if (choice.missing) {
    filter.missing = true;
  }
  if (choice.exclude) {
    filter.exclude = true;
  }
  return { filters: [filter] };
}

function buildText(column: Column, draft: TextDraft): Built {
  if (draft.text === '') {
    return { filters: [] };
  }
  const filter: TextFilter = { is: 'text', column: column.id, text: draft.text, mode: draft.mode };
  if (draft.case) {
    filter.case = true;
  }
  if (draft.negate) {
    filter.negate = true;
  }
  return { filters: [filter] };
}

/** The column's filters of a draft. A draft about whole rows has none. */
export function buildFilters(column: Column, draft: Draft): Built {
  switch (draft.mode) {
    case 'range':
      return buildRange(column, draft.range);
    case 'set':
      return buildSet(column, draft.choice);
    case 'text':
      return buildText(column, draft.text);
    case 'missing':
      return { filters: [{ is: 'missing', column: column.id, ...(draft.missing === 'present' ? { negate: true } : {}) }] };
    case 'expression':
      return { filters: [] };
  }
}

/** The set filters on a column after also keeping only `value`, or also dropping it; null is the missing value. */
export function filterByValue(column: Column, filters: readonly Filter[], value: Scalar, exclude: boolean): Filter[] {
  if (!exclude) {
    const only: SetFilter = { is: 'set', column: column.id, values: value === null ? [] : [value] };
    return [value === null ? { ...only, missing: true } : only];
  }
  const others = filters.filter(filter => !(filter.is === 'set' && filter.exclude));
  const before = filters.find((filter): filter is SetFilter => filter.is === 'set' && filter.exclude === true);
  const values = before?.values ?? [];
  const filter: SetFilter = {
    is: 'set',
    column: column.id,
    values: value === null || values.includes(value) ? values : [...values, value],
    exclude: true
  };
  if (value === null || before?.missing) {
    filter.missing = true;
  }
  return [...others, filter];
}
