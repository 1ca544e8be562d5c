/**
 * What is typed over a total, read as a number and a method:
 *
 *     1200   =1200   1,200.50   10%   -5%   *1.1   +=200   -=200   1200 by equal   1200 weighted(last_year)   zero   clear
 *
 * A number alone is the new total, spread in proportion; the words after it are those of `%tab set … by`.
 */
import type { Method } from '../protocol';
import { isBare, readMethod, type Lookup } from './methods';

/** The number as text, and the method; or why there is neither. */
export type Entry = { value: string | null; method: Method } | { error: string; hint: string };

const NUMBER = /^(=|\+=|-=|\*)?\s*([+\-−]?\s*(?:\d[\d,]*(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)\s*(%)?(?=$|[\s(A-Za-z])\s*(.*)$/s;
const HINT = 'Such as 1200, 10%, *1.1, +=200 or 1200 by equal.';

/** Reads what was typed over a number; `find` looks columns up. */
export function readEntry(text: string, find: Lookup): Entry {
  const typed = text.trim();
  const found = NUMBER.exec(typed);
  if (!found) {
    return without(typed, find);
  }
  const [, sign = '', digits = '', percent = '', rest = ''] = found;
  const number = digits.replace(/\s/g, '').replace('−', '-');
  const words = rest.replace(/^by\s+/i, '').trim();
  if (words && (sign === '*' || sign === '+=' || sign === '-=')) {
    return { error: `${sign}${number} is a method already.`, hint: HINT };
  }
  if (sign === '*') {
    const value = percent ? null : percentOf(number);
    return value === null
      ? { error: `“${typed}” is not a factor.`, hint: 'Such as *1.1.' }
      : { value, method: { by: 'percent' } };
  }
  if (sign === '+=' || sign === '-=') {
    return { value: number + percent, method: { by: sign === '+=' ? 'add' : 'subtract' } };
  }
  if (!words) {
    return percent ? { value: number, method: { by: 'percent' } } : { value: number, method: { by: 'proportional' } };
  }
  const read = readMethod(words, find);
  if ('error' in read) {
    return read;
  }
  if (isBare(read.method)) {
    return { error: `${read.method.by} takes no number.`, hint: 'Leave the number away.' };
  }
  const drops = read.method.by === 'percent' || read.method.by === 'relative_percent';
  return { value: number + (drops ? '' : percent), method: read.method };
}

/** Reads what was typed over a text or a date, which all rows become. */
export function readText(text: string): Entry {
  return text === '' ? { value: null, method: { by: 'clear' } } : { value: text, method: { by: 'repeat' } };
}

function without(typed: string, find: Lookup): Entry {
  if (typed === '') {
    return { value: null, method: { by: 'clear' } };
  }
  if (!/^(by\s|[A-Za-z_])/i.test(typed)) {
    return { error: `“${typed}” is not a number.`, hint: HINT };
  }
  const read = readMethod(typed.replace(/^by\s+/i, ''), find);
  if ('error' in read) {
    const { error, hint, strange } = read;
    return strange
      ? { error: `“${typed}” is neither a number nor a method.`, hint: `${HINT} Alt+↓ lists the methods.` }
      : { error, hint };
  }
  return isBare(read.method)
    ? { value: null, method: read.method }
    : { error: `${read.method.by} needs a number.`, hint: `Such as 1200 by ${read.method.by}.` };
}

/** By how many percent a factor moves a number, with all its digits: 1.1 → 10. Null for what is no plain factor. */
export function percentOf(factor: string): string | null {
  const found = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(factor.replace(/,/g, ''));
  const [, sign = '', whole = '', rest = ''] = found ?? [];
  if (!found || !(whole + rest)) {
    return null;
  }
  const scale = 10n ** BigInt(rest.length);
  const units = BigInt(`${sign === '-' ? '-' : ''}${whole}${rest}`) - scale;
  const hundred = units * 100n;
  const size = hundred < 0n ? -hundred : hundred;
  const parts = [size / scale, size % scale] as const;
  const decimals = rest.length ? parts[1].toString().padStart(rest.length, '0').replace(/0+$/, '') : '';
  return `${hundred < 0n ? '-' : ''}${parts[0]}${decimals ? `.${decimals}` : ''}`;
}

/** The text with its method replaced by another one, which may still miss a part. */
export function withMethod(text: string, form: string, bare: boolean): string {
  if (bare) {
    return form;
  }
  const found = NUMBER.exec(text.trim());
  const number = found ? found[2] + (found[3] ?? '') : '';
  return form === 'proportional' ? number : `${number} by ${form}`.trim();
}

/** The words after the number, as far as they are typed: what is to be completed. Null while there is nothing to complete. */
export function methodPart(text: string): string | null {
  const found = NUMBER.exec(text.trimStart());
  const rest = found ? (found[4] ?? '') : text.trimStart();
  const words = rest.replace(/^by(\s+|$)/i, '');
  return /^[A-Za-z_]/.test(rest) ? words : null;
}
