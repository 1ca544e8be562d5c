import { act } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import {
  buildFilters,
  draftOf,
  EVERYTHING,
  filterByValue,
  keep,
  keepMissing,
  modesOf,
  NOTHING,
  type Draft
} from '../../labextension/src/grid/panels/filter_draft';
import { binsBetween } from '../../labextension/src/grid/panels/histogram';
import { edgeScalar, inputText, parseScalar, scalarText } from '../../labextension/src/grid/panels/scalars';
import { filterText } from '../../labextension/src/grid/panels/wording';
import { Refusal } from '../../labextension/src/session/refusal';
import { column, fakeGrid } from './panels_fake';
import { columnPanel, fireEvent, lastCall, mount, screen, waitFor } from './panels_stage';

const count = column(0, 'count', 'integer', 'int64');
const price = column(1, 'price', 'decimal', 'decimal128(18, 2)[pyarrow]', { scale: 2 });
const share = column(2, 'share', 'float', 'float64');
const day = column(3, 'day', 'date', 'date32[pyarrow]');
const when = column(4, 'when', 'timestamp', 'datetime64[us, Europe/Berlin]', { unit: 'us', zone: 'Europe/Berlin' });
const wait = column(5, 'wait', 'duration', 'timedelta64[us]', { unit: 'us' });
const region = column(6, 'region', 'category', 'category');
const shipped = column(7, 'shipped', 'boolean', 'boolean');
const tags = column(8, 'tags', 'nested', 'list<string>');
const time = column(9, 'time', 'time', 'time64[us]', { unit: 'us' });

const fresh = (of: typeof count, change: Partial<Draft>) => buildFilters(of, { ...draftOf(of, [], ''), ...change });
const range = (of: typeof count, lo: string, hi: string) => fresh(of, { mode: 'range', range: { lo, hi } });

describe('a range', () => {
  test('a bound takes the JSON form of its kind', () => {
    expect(range(count, '10', '9007199254740993')).toEqual({
      filters: [{ is: 'range', column: 0, lo: 10, hi: '9007199254740993' }]
    });
    expect(range(price, '1.50', '')).toEqual({ filters: [{ is: 'range', column: 1, lo: '1.50' }] });
    expect(range(share, '', '.5')).toEqual({ filters: [{ is: 'range', column: 2, hi: 0.5 }] });
    expect(range(day, '2026-01-31', '2026-02-01')).toEqual({
      filters: [{ is: 'range', column: 3, lo: '2026-01-31', hi: '2026-02-01' }]
    });
    expect(range(when, '2026-01-31 14:05', '2026-03-01')).toEqual({
      filters: [{ is: 'range', column: 4, lo: '2026-01-31T14:05:00', hi: '2026-03-01' }]
    });
    expect(range(wait, '90 min', '2 days 03:30:00')).toEqual({
      filters: [{ is: 'range', column: 5, lo: '5400000000000', hi: '185400000000000' }]
    });
    expect(range(time, '08:30', '')).toEqual({ filters: [{ is: 'range', column: 9, lo: '08:30:00' }] });
  });

  test('thousands separators are read, and a decimal comma is never taken for one', () => {
    expect(parseScalar('1,234,567', count)).toEqual({ value: 1234567 });
    expect(parseScalar('1,5', share)).toEqual({ error: '“1,5” is not a number.' });
    expect(parseScalar('12,34', count)).toHaveProperty('error');
  });

  test.each([
    [count, '1.5'],
    [price, 'abc'],
    [day, '2026-02-30'],
    [when, '31.01.2026'],
    [wait, '90'],
    [time, '25 o’clock']
  ])('a bound that is none is refused at its own field', (of, text) => {
    expect(range(of, text, '')).toMatchObject({ field: 'lo' });
    expect(range(of, '', text)).toMatchObject({ field: 'hi' });
  });

  test('bounds the wrong way round are refused, exact numbers compared as numbers', () => {
    expect(range(price, '9.00', '10.00')).toHaveProperty('filters');
    expect(range(price, '10.00', '9.00')).toMatchObject({ field: 'hi' });
    expect(range(when, '2026-01-31 14:05', '2026-01-31')).toHaveProperty('filters');
  });

  test('two open bounds are no filter', () => {
    expect(range(count, ' ', '')).toEqual({ filters: [] });
  });

  test('what a histogram bin gives back is what a person would type', () => {
    expect(edgeScalar(12.4, count, 'lo')).toBe(13);
    expect(edgeScalar(755, price, 'hi')).toBe('755.00');
    expect(edgeScalar(20484, day, 'lo')).toBe('2026-01-31');
    const edge = edgeScalar(1_769_864_700_000_000, when, 'lo');
    expect(edge).toBe('2026-01-31T13:05:00Z');
    expect(inputText(edge, when)).toBe('2026-01-31 14:05:00');
    expect(edgeScalar(30_600_000_000, time, 'lo')).toBe('08:30:00');
    expect(binsBetween([0, 10, 20, 30], 12, null)).toEqual([1, 2]);
    expect(binsBetween([0, 10, 20, 30], 31, 40)).toBeNull();
  });
});

describe('a set', () => {
  test('taking values away from all makes a filter that excludes them', () => {
    const choice = keep(EVERYTHING, ['East', 'West'], false);
    expect(fresh(region, { mode: 'set', choice })).toEqual({
      filters: [{ is: 'set', column: 6, values: ['East', 'West'], exclude: true }]
    });
  });

  test('adding values to none makes a filter that lists them', () => {
    const choice = keepMissing(keep(NOTHING, ['East'], true), true);
    expect(fresh(region, { mode: 'set', choice })).toEqual({
      filters: [{ is: 'set', column: 6, values: ['East'], missing: true }]
    });
  });

  test('a value put back leaves no trace', () => {
    const choice = keep(keep(EVERYTHING, ['East'], false), ['East'], true);
    expect(fresh(region, { mode: 'set', choice })).toEqual({ filters: [] });
  });

  test('no value at all is refused', () => {
    expect(fresh(region, { mode: 'set', choice: NOTHING })).toMatchObject({ field: 'values' });
  });

  test('excluding a second value keeps the first one out', () => {
    const first = filterByValue(region, [], 'East', true);
    const second = filterByValue(region, filterByValue(region, first, 'West', true), null, true);
    expect(second).toEqual([{ is: 'set', column: 6, values: ['East', 'West'], exclude: true, missing: true }]);
    expect(filterByValue(region, second, null, false)).toEqual([{ is: 'set', column: 6, values: [], missing: true }]);
  });
});

test('the ways to filter fit the kind of column', () => {
  expect(modesOf(count)[0]).toBe('range');
  expect(modesOf(region)).toEqual(['set', 'text', 'missing', 'expression']);
  expect(modesOf(shipped)).not.toContain('text');
  expect(modesOf(tags)).not.toContain('set');
});

test.each([
  [{ is: 'range', column: 0, lo: 3 }, count],
  [{ is: 'range', column: 4, lo: '2026-01-31T14:05:00' }, when],
  [{ is: 'set', column: 6, values: ['East'], exclude: true, missing: true }, region],
  [{ is: 'text', column: 6, text: 'x', mode: 'regex', case: true, negate: true }, region],
  [{ is: 'missing', column: 0, negate: true }, count]
] as const)('a filter opened and applied again stays as it was', (filter, of) => {
  const copy = structuredClone(filter) as Parameters<typeof draftOf>[1][number];
  expect(buildFilters(of, draftOf(of, [copy], ''))).toEqual({ filters: [filter] });
});

test('filters read as sentences', () => {
  expect(filterText({ is: 'range', column: 1, lo: '1.00', hi: '2.00' }, price)).toBe('1.00 – 2.00');
  expect(filterText({ is: 'set', column: 6, values: ['A', 'B', 'C'], missing: true }, region)).toBe('is A, B or 2 more');
  expect(filterText({ is: 'text', column: 6, text: 'a', mode: 'starts', negate: true }, region)).toBe('does not start with “a”');
  expect(scalarText('93784500000000', wait)).toBe('1 days 02:03:04.5');
});

describe('the filter page', () => {
  const grid = () => fakeGrid([count, price, when, region, shipped]);

  test('Enter in a bound applies the range and gives the keyboard back to the cells', async () => {
    const fake = grid();
    const { focusGrid } = mount(fake);
    act(() => fake.controller.open(columnPanel(1, 'filter')));
    const from = screen.getByLabelText('From');
    expect(document.activeElement).toBe(from);
    fireEvent.change(from, { target: { value: '12.5' } });
    fireEvent.submit(from);
    await waitFor(() => expect(focusGrid).toHaveBeenCalled());
    expect(lastCall(fake, 'filter')).toEqual([1, [{ is: 'range', column: 1, lo: '12.5' }]]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });

  test('a bound that is none is said below its field and nothing is sent', () => {
    const fake = grid();
    mount(fake);
    act(() => fake.controller.open(columnPanel(0, 'filter')));
    fireEvent.change(screen.getByLabelText('To'), { target: { value: 'many' } });
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(screen.getByRole('alert').textContent).toBe('“many” is not a whole number.');
    expect(screen.getByLabelText('To').getAttribute('aria-invalid')).toBe('true');
    expect(lastCall(fake, 'filter')).toBeUndefined();
  });

  test('a refused condition stays open with the reason', async () => {
    const fake = grid();
    mount(fake);
    fake.refusals.push(new Refusal('CHECK', 'There is no column “prize”.', 'Did you mean “price”?'));
    act(() => fake.controller.open(columnPanel(1, 'filter')));
    fireEvent.click(screen.getByRole('radio', { name: 'SQL' }));
    fireEvent.change(screen.getByLabelText('Condition in SQL'), { target: { value: 'prize > 3 ' } });
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Did you mean “price”?');
    expect(lastCall(fake, 'where')).toEqual(['prize > 3']);
    expect(screen.getByRole('dialog')).toBeTruthy();
  });

  test('values are listed with counts, searched at the table, and chosen one by one', async () => {
    const fake = grid();
    fake.values.set(6, {
      missing: 4,
      values: [
        { value: 'East', count: 1200 },
        { value: 'West', count: 30 }
      ]
    });
    mount(fake);
    act(() => fake.controller.open(columnPanel(6, 'filter')));
    const east = await screen.findByRole('checkbox', { name: /East/ });
    expect(east).toHaveProperty('checked', true);
    expect(screen.getByText('1,200')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Select none' }));
    fireEvent.click(screen.getByRole('checkbox', { name: /missing/ }));
    fireEvent.change(screen.getByLabelText('Search values'), { target: { value: 'we' } });
    await waitFor(() => expect(screen.queryByRole('checkbox', { name: /East/ })).toBeNull());
    expect(lastCall(fake, 'values')?.[1]).toBe('we');
    fireEvent.click(screen.getByRole('button', { name: 'Select shown' }));
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(lastCall(fake, 'filter')).toEqual([6, [{ is: 'set', column: 6, values: ['West'], missing: true }]]);
  });

  test('clearing takes only this column’s filters away', async () => {
    const fake = grid();
    fake.session({
      view: {
        filter: [
          { is: 'missing', column: 0 },
          { is: 'missing', column: 1 }
        ]
      }
    });
    mount(fake);
    act(() => fake.controller.open(columnPanel(1, 'filter')));
    fireEvent.click(screen.getByRole('button', { name: 'Clear filter' }));
    await waitFor(() => expect(fake.controller.session.state.view.filter).toEqual([{ is: 'missing', column: 0 }]));
  });
});
