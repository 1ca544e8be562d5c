import { isoDate, isoTime, isoTimestamp, nanoseconds, type Unit } from '../../calendar';
import type { Column, Profile, Scalar } from '../../protocol';
import { editText, fromJson } from '../../values';
import { readDay } from '../editing/datepicker';

/** A typed bound as a value of its column, or what is wrong with it. */
export type Parsed = { value: Scalar } | { error: string };

const SECOND = 1_000_000_000n;
const DAY = 86_400n * SECOND;

/** A value of the protocol as its column's cells read; missing is empty. */
export function scalarText(value: Scalar | undefined, column: Column): string {
  const text = editText(column, fromJson(column, value ?? null));
  return column.kind === 'timestamp' ? text.replace('T', ' ') : text;
}

/** A value as it is typed into a bound; the reverse of `parseScalar`. Times are local to the column's zone. */
export function inputText(value: Scalar | undefined, column: Column): string {
  const text = scalarText(value, column);
  return column.kind === 'timestamp' ? text.replace(/[+-]\d\d:\d\d(:\d\d)?$/, '') : text;
}

/** Digits without separators; a comma that does not part thousands stays, and is then no number. */
function bareDigits(text: string): string {
  const plain = text.replace(/[_\s]/g, '');
  return /^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(plain) ? plain.replaceAll(',', '') : plain;
}

function parseInteger(text: string): Parsed {
  const plain = bareDigits(text);
  if (!/^[-+]?\d+$/.test(plain)) {
    return { error: `“${text}” is not a whole number.` };
  }
  const number = Number(plain);
  return { value: Number.isSafeInteger(number) ? number : String(BigInt(plain.replace('+', ''))) };
}

function parseNumber(text: string, exact: boolean): Parsed {
  const plain = bareDigits(text);
  if (!/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain)) {
    return { error: `“${text}” is not a number.` };
  }
  return { value: exact ? plain.replace('+', '') : Number(plain) };
}

/** A day alone is kept as such: as a range's end it means the whole day. Without a Z, a time is local to the column's zone. */
function parseTimestamp(text: string): Parsed {
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ]+(\d{2}:\d{2})(:\d{2})?(\.\d+)?)?$/.exec(text);
  const [, day = '', clock, second = ':00', fraction = ''] = parts ?? [];
  if (!parts || readDay(day) === null || (clock && Number.isNaN(Date.parse(`${day}T${clock}${second}Z`)))) {
    return { error: `“${text}” is not a date and time like 2026-01-31 14:05.` };
  }
  return { value: clock ? `${day}T${clock}${second}${fraction}` : day };
}

const SPANS: [RegExp, bigint][] = [
  [/^d(ays?)?$/, DAY],
  [/^h(ours?|rs?)?$/, 3600n * SECOND],
  [/^m(in(utes?)?)?$/, 60n * SECOND],
  [/^s(ec(onds?)?)?$/, SECOND],
  [/^ms$/, 1_000_000n],
  [/^us$/, 1_000n],
  [/^ns$/, 1n]
];

function scaled(text: string, span: bigint): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole) * span + (fraction ? (BigInt(fraction) * span) / 10n ** BigInt(fraction.length) : 0n);
}

function parseDuration(text: string): Parsed {
  const error = { error: `“${text}” is not a duration like 2 days 03:30:00 or 90 min.` };
  const negative = text.startsWith('-');
  const pieces = text.replace(/^[-+]/, '').match(/\d+:\d{2}(?::\d{2}(?:\.\d+)?)?|\d+(?:\.\d+)?\s*[a-z]+/gi) ?? [];
  if (!pieces.length || pieces.join('').replace(/\s/g, '') !== text.replace(/^[-+]/, '').replace(/\s/g, '')) {
    return error;
  }
  let total = 0n;
  for (const piece of pieces) {
    if (piece.includes(':')) {
      const [hours = '0', minutes = '0', seconds = '0'] = piece.split(':');
      total += scaled(hours, 3600n * SECOND) + scaled(minutes, 60n * SECOND) + scaled(seconds, SECOND);
      continue;
    }
    const [, amount = '0', unit = ''] = /^([\d.]+)\s*([a-z]+)$/i.exec(piece) ?? [];
    const span = SPANS.find(([name]) => name.test(unit.toLowerCase()))?.[1];
    if (span === undefined) {
      return error;
    }
    total += scaled(amount, span);
  }
  return { value: String(negative ? -total : total) };
}

/** Reads a bound typed into a filter. Empty text is an open bound. */
export function parseScalar(typed: string, column: Column): Parsed {
  const text = typed.trim();
  if (text === '') {
    return { value: null };
  }
  switch (column.kind) {
    case 'integer':
      return parseInteger(text);
    case 'decimal':
      return parseNumber(text, true);
    case 'float':
      return parseNumber(text, false);
    case 'timestamp':
      return parseTimestamp(text);
    case 'duration':
      return parseDuration(text);
    case 'date':
      return /^\d{4}-\d{2}-\d{2}$/.test(text) && readDay(text) !== null
        ? { value: text }
        : { error: `“${text}” is not a date like 2026-01-31.` };
    case 'time':
      return /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)
        ? { value: text.length === 5 ? `${text}:00` : text }
        : { error: `“${text}” is not a time like 14:05:00.` };
    default:
      return { value: text };
  }
}

/** Orders two bounds of a column; 0 when it cannot tell. */
export function compareScalars(left: Scalar, right: Scalar, column: Column): number {
  if (left === null || right === null) {
    return 0;
  }
  if (['integer', 'decimal', 'float', 'duration'].includes(column.kind)) {
    return Number(left) - Number(right);
  }
  const [first, last] = [String(left), String(right)];
  // A day is neither before nor after a moment of it.
  if (first.startsWith(last) || last.startsWith(first)) {
    return 0;
  }
  return first < last ? -1 : 1;
}

const unitOf = (column: Column): Unit => {
  const { unit } = column;
  return unit === 's' || unit === 'ms' || unit === 'us' ? unit : 'ns';
};

/** An edge of a profile's histogram as a bound of its column, rounded as the column's values are. */
export function edgeScalar(edge: number, column: Column, side: 'lo' | 'hi'): Scalar {
  const rounded = side === 'lo' ? Math.ceil(edge) : Math.floor(edge);
  switch (column.kind) {
    case 'integer':
      return rounded;
    case 'decimal':
      return edge.toFixed(Math.min(column.scale ?? 2, 12));
    case 'float':
      return Number(edge.toPrecision(6));
    case 'date':
      return isoDate(rounded);
    case 'timestamp':
      return isoTimestamp(BigInt(rounded), unitOf(column)) + (column.zone ? 'Z' : '');
    case 'time':
      return isoTime(BigInt(rounded), unitOf(column));
    case 'duration':
      return String(nanoseconds(BigInt(rounded), unitOf(column)));
    default:
      return null;
  }
}

/** A bound on the scale of the profile's edges, or null where it is open or has no place there. */
export function edgeNumber(value: Scalar, column: Column): number | null {
  if (value === null) {
    return null;
  }
  const perUnit = Number(nanoseconds(1n, unitOf(column)));
  switch (column.kind) {
    case 'integer':
    case 'decimal':
    case 'float':
      return Number(value);
    case 'date':
      return Date.parse(`${value}T00:00:00Z`) / 86_400_000;
    case 'timestamp':
      return (Date.parse(String(value).includes('T') ? `${String(value).replace('Z', '')}Z` : String(value)) * 1e6) / perUnit;
    case 'time':
      return (Date.parse(`1970-01-01T${value}Z`) * 1e6) / perUnit;
    case 'duration':
      return Number(value) / perUnit;
    default:
      return null;
  }
}

/** Columns whose values have an order that a range can be cut from. */
export function hasRange(column: Column): boolean {
  return ['integer', 'decimal', 'float', 'date', 'timestamp', 'duration', 'time'].includes(column.kind);
}

/** Whether a profile's histogram can be brushed to choose a range. */
export function isBrushable(profile: Profile | undefined, column: Column): boolean {
  return hasRange(column) && (profile?.counts?.length ?? 0) > 1;
}
