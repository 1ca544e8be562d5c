/**
 * One cell's value in the browser, by the column's kind:
 *
 * | kind | Value | in JSON |
 * | --- | --- | --- |
 * | integer | number, or bigint beyond 2^53 - 1 | number, or its digits as a string |
 * | float | number | number, or "NaN" "Infinity" "-Infinity" "-0" |
 * | decimal | string with the column's scale | the same |
 * | boolean | boolean | the same |
 * | text, category | string | the same |
 * | date, time, timestamp | ISO string; a timestamp with a zone is in UTC and ends in Z | the same |
 * | duration | string of whole nanoseconds | the same |
 * | binary | string in base64 | the same |
 * | nested, object | JSON text of the tagged form | the same |
 *
 * A missing value is null everywhere.
 */
import { durationText, zonedText } from './calendar';
import { floatText } from './floats';
import type { Column, Scalar } from './protocol';
import { readTagged } from './tagged';

export type Value = null | boolean | number | bigint | string;

const SPECIAL: Record<string, number> = { NaN: NaN, Infinity: Infinity, '-Infinity': -Infinity, '-0': -0 };

/** An integer in its normal form: a number where that is exact. */
export function integer(digits: bigint): number | bigint {
  const near = Number(digits);
  return Number.isSafeInteger(near) ? near : digits;
}

/** The value that a JSON scalar stands for in this column. */
export function fromJson(column: Column, scalar: Scalar): Value {
  if (typeof scalar === 'string') {
    if (column.kind === 'integer') {
      return integer(BigInt(scalar));
    }
    if (column.kind === 'float') {
      return SPECIAL[scalar] ?? Number(scalar);
    }
  }
  return scalar;
}

/** The JSON scalar that stands for a value of this column. */
export function toJson(column: Column, value: Value): Scalar {
  if (typeof value === 'bigint') {
    return value.toString();
  }
  if (column.kind === 'float' && typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return Object.is(value, -0) ? '-0' : String(value);
  }
  return value;
}

function isSingle(column: Column): boolean {
  return /^(float32|float16|halffloat|float\[pyarrow\])/i.test(column.dtype);
}

const HEX_SHOWN = 16;

function hexText(base64: string): string {
  const bytes = atob(base64);
  const shown = Array.from(bytes.slice(0, HEX_SHOWN), char => char.charCodeAt(0).toString(16).padStart(2, '0')).join('');
  return shown + (bytes.length > HEX_SHOWN ? '…' : '');
}

/** The canonical text of a value: what an editor opens with, what is searched, and what is copied. Missing is empty. */
export function editText(column: Column, value: Value): string {
  if (value === null) {
    return '';
  }
  switch (column.kind) {
    case 'float':
      return typeof value === 'number' ? floatText(value, isSingle(column)) : String(value);
    case 'timestamp':
      return column.zone ? zonedText(String(value), column.zone) : String(value).replace('T', ' ');
    case 'duration':
      return durationText(BigInt(value));
    case 'binary':
      return hexText(String(value));
    case 'nested':
    case 'object':
      return readTagged(String(value));
    default:
      return String(value);
  }
}

const SHOWN_DECIMALS = 6;

function shownFloat(column: Column, value: number): string {
  const size = Math.abs(value);
  if (!Number.isFinite(value) || size >= 1e16 || (size > 0 && size < 1e-4)) {
    const text = floatText(value, isSingle(column));
    const [mantissa = '', exponent] = text.split('e');
    return exponent && mantissa.length > SHOWN_DECIMALS + 3 ? `${Number(mantissa).toFixed(SHOWN_DECIMALS)}e${exponent}` : text;
  }
  const exact = floatText(value, isSingle(column));
  const decimals = exact.length - exact.indexOf('.') - 1;
  if (decimals <= SHOWN_DECIMALS) {
    return exact;
  }
  return value.toFixed(SHOWN_DECIMALS).replace(/0+$/, '').replace(/\.$/, '.0');
}

const LINE_SHOWN = 1000;

/**
 * A value as a cell shows it.
 *
 * Numbers carry no thousands separators, as in a spreadsheet's General format: an integer column may hold ids, years or
 * postal codes, which separators would spoil, and what is shown can be typed back. Floats show at most six decimals; the
 * editor has them all. Dates are ISO, because a date that reads differently for two colleagues is worse than a foreign one.
 */
export function formatValue(column: Column, value: Value): string {
  if (column.kind === 'float' && typeof value === 'number') {
    return shownFloat(column, value);
  }
  const text = editText(column, value);
  return text.length > LINE_SHOWN ? `${text.slice(0, LINE_SHOWN)}…` : text;
}

/** Digits in groups of three, for figures that are never typed back, like a selection's sum. */
export function groupDigits(text: string, locale?: string): string {
  const found = /^(-?)(\d+)(\.\d+)?$/.exec(text);
  if (!found) {
    return text;
  }
  const [, sign = '', whole = '', rest = ''] = found;
  const mark = new Intl.NumberFormat(locale).formatToParts(0.1).find(part => part.type === 'decimal')?.value ?? '.';
  return sign + new Intl.NumberFormat(locale).format(BigInt(whole)) + rest.replace('.', mark);
}

/** Whether a column's values are quantities. */
export function isNumeric(column: Column): boolean {
  return column.kind === 'integer' || column.kind === 'float' || column.kind === 'decimal' || column.kind === 'duration';
}

/** Where a column's values stand in their cells. */
export function align(column: Column): 'left' | 'center' | 'right' {
  return isNumeric(column) ? 'right' : column.kind === 'boolean' ? 'center' : 'left';
}
