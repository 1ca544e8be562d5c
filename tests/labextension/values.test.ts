import { describe, expect, it } from 'vitest';
import { durationText, isoTimestamp, zonedText } from '../../labextension/src/calendar';
import type { Column, Kind } from '../../labextension/src/protocol';
import { align, editText, formatValue, fromJson, groupDigits, toJson, type Value } from '../../labextension/src/values';

const column = (kind: Kind, rest: Partial<Column> = {}): Column => ({ id: 0, name: 'x', kind, dtype: kind, ...rest });

describe('a value', () => {
  it.each<[Kind, Value]>([
    ['integer', 9007199254740991],
    ['integer', 9007199254740993n],
    ['integer', -9223372036854775808n],
    ['float', NaN],
    ['float', -Infinity],
    ['float', -0],
    ['float', 0.1],
    ['decimal', '12.30'],
    ['boolean', false],
    ['text', 'NaN'],
    ['timestamp', '2026-01-31T14:05:00.000000001Z'],
    ['duration', '-1'],
    ['integer', null]
  ])('of kind %s goes to JSON and back: %s', (kind, value) => {
    const sent = JSON.parse(JSON.stringify(toJson(column(kind), value))) as ReturnType<typeof toJson>;
    expect(fromJson(column(kind), sent)).toBe(value);
  });

  it('of text is never read as a number', () => {
    expect(fromJson(column('text'), '12')).toBe('12');
  });
});

describe('what a cell shows', () => {
  it.each<[Kind, Value, string]>([
    ['integer', 2026, '2026'],
    ['integer', 1234567, '1234567'],
    ['float', 0.30000000000000004, '0.3'],
    ['float', 1 / 3, '0.333333'],
    ['float', 3, '3.0'],
    ['float', 2.9999999999, '3.0'],
    ['float', -0, '-0.0'],
    ['float', 1e22, '1e+22'],
    ['float', 1.23456789012e-7, '1.234568e-07'],
    ['float', 123456789.125, '123456789.125'],
    ['float', NaN, 'nan'],
    ['decimal', '12.30', '12.30'],
    ['boolean', true, 'true'],
    ['date', '2026-01-31', '2026-01-31'],
    ['timestamp', '2026-01-31T14:05:00.5', '2026-01-31 14:05:00.5'],
    ['text', null, '']
  ])('of kind %s: %s is %s', (kind, value, text) => {
    expect(formatValue(column(kind), value)).toBe(text);
  });

  it('is cut where a text is very long, and the editor has it all', () => {
    const text = 'x'.repeat(100_000);
    expect(formatValue(column('text'), text).length).toBeLessThan(1_100);
    expect(editText(column('text'), text)).toBe(text);
  });

  it('stands right for numbers, centred for booleans, left for the rest', () => {
    expect(['integer', 'duration', 'boolean', 'text', 'date'].map(kind => align(column(kind as Kind)))).toEqual([
      'right',
      'right',
      'center',
      'left',
      'left'
    ]);
  });

  it('groups digits only where asked', () => {
    expect(groupDigits('1234567.50', 'en')).toBe('1,234,567.50');
    expect(groupDigits('-12345678901234567890', 'en')).toBe('-12,345,678,901,234,567,890');
    expect(groupDigits('1234567.5', 'de')).toBe('1.234.567,5');
    expect(groupDigits('nan', 'en')).toBe('nan');
  });
});

describe('what an editor opens with', () => {
  it('keeps every digit of a 32-bit float and no more', () => {
    expect(editText(column('float', { dtype: 'float32' }), Math.fround(0.1))).toBe('0.1');
    expect(editText(column('float'), Math.fround(0.1))).toBe('0.10000000149011612');
  });
});

describe('time', () => {
  it('is exact where Date is not', () => {
    expect(isoTimestamp(-1n, 'ns')).toBe('1969-12-31T23:59:59.999999999');
    expect(isoTimestamp(253402300800n, 's')).toBe('10000-01-01T00:00:00');
    expect(isoTimestamp(-62167219201n, 's')).toBe('-0001-12-31T23:59:59');
    expect(isoTimestamp(951782400n, 's')).toBe('2000-02-29T00:00:00');
  });

  it('of a zone shows local, with the offset of that moment', () => {
    expect(zonedText('2026-07-01T12:00:00Z', 'Europe/Berlin')).toBe('2026-07-01 14:00:00+02:00');
    expect(zonedText('2026-01-01T00:00:00.25Z', 'America/St_Johns')).toBe('2025-12-31 20:30:00.25-03:30');
    expect(zonedText('2026-01-01T00:00:00Z', '-05:30')).toBe('2025-12-31 18:30:00-05:30');
  });

  it('of a zone that the browser does not know shows in UTC and says so', () => {
    expect(zonedText('2026-07-01T12:00:00Z', 'Mars/Olympus')).toBe('2026-07-01 12:00:00+00:00');
  });

  it('that lasts reads as pandas writes it', () => {
    expect(durationText(-3_600_000_000_000n)).toBe('-1 days +23:00:00');
    expect(durationText(93_784_500_000_000n)).toBe('1 days 02:03:04.5');
  });
});
