/** Numbers of a tree as a person reads them. */
import type { Column, TreeInfo } from '../protocol';
import { editText, formatValue, groupDigits, isNumeric, type Value } from '../values';

/** Measures that are quotients: their last decimals say nothing. */
const QUOTIENTS = new Set(['mean', 'weighted_mean', 'ratio']);
const DECIMALS = 4;

/** A decimal with at most so many places, rounded half up, without zeros at its end. */
export function shortened(text: string, places: number): string {
  const found = /^(-?)(\d+)\.(\d+)$/.exec(text);
  if (!found) {
    return text;
  }
  const [, sign = '', whole = '', rest = ''] = found;
  const kept = rest.slice(0, places).padEnd(places, '0');
  const units = BigInt(whole + kept) + (Number(rest[places] ?? 0) >= 5 ? 1n : 0n);
  const digits = units.toString().padStart(places + 1, '0');
  const decimals = digits.slice(-places).replace(/0+$/, '');
  const shown = digits.slice(0, -places) + (decimals ? `.${decimals}` : '');
  return /[1-9]/.test(shown) ? sign + shown : shown;
}

/** A number in groups of three digits. They are totals, never codes, and can be typed back so. */
export function figure(tree: TreeInfo, column: Column, value: Value): string {
  if (value === null) {
    return '';
  }
  const text = isQuotient(tree, column.id) ? shortened(String(value), DECIMALS) : formatValue(column, value);
  return isNumeric(column) ? groupDigits(column.kind === 'float' ? padded(text) : text, 'en-US') : text;
}

/** A float with at least two decimals, so that points stand below each other. */
function padded(text: string): string {
  return text.replace(/^(-?\d+)(?:\.(\d?))?$/, (_, whole: string, rest = '') => `${whole}.${String(rest).padEnd(2, '0')}`);
}

/** A column as its header shows it: what stands across above the measure. */
export function titled(tree: TreeInfo, column: Column): Column {
  const shows = tree.columns.find(({ id }) => id === column.id);
  if (!shows) {
    const levels = tree.levels.length;
    return { ...column, dtype: levels === 1 ? '1 level' : `${levels} levels` };
  }
  const group = shows.total === false ? (shows.group ?? '(missing)') : null;
  if (tree.rollup.across == null) {
    return column;
  }
  if (group === null) {
    return { ...column, name: 'total', dtype: column.name };
  }
  const measure = tree.rollup.aggregates[shows.aggregate];
  const alone = measure?.label || measure?.fn.replace('_', ' ') || column.name;
  return { ...column, name: group, dtype: column.name.startsWith(`${group} `) ? column.name.slice(group.length + 1) : alone };
}

/** A number as it can be typed. */
export function typable(tree: TreeInfo, column: Column, value: Value): string {
  const text = editText(column, value);
  return isQuotient(tree, column.id) ? text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') : text;
}

function isQuotient(tree: TreeInfo, column: number): boolean {
  const shown = tree.columns.find(({ id }) => id === column);
  return QUOTIENTS.has(tree.rollup.aggregates[shown?.aggregate ?? -1]?.fn ?? '');
}
