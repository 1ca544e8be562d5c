import { describe, expect, it } from 'vitest';
import { draftOf, defineDraft, moved, spell, suggest } from '../../labextension/src/tree/definition';
import { methodPart, percentOf, readEntry, readText, withMethod } from '../../labextension/src/tree/entry';
import { FORMS, isBare, readMethod } from '../../labextension/src/tree/methods';
import { column } from './panels_fake';

const COLUMNS = [
  column(1, 'brand', 'category', 'category'),
  column(2, 'month', 'text', 'str'),
  column(3, 'amount', 'decimal', 'decimal128(18, 2)[pyarrow]'),
  column(4, 'last year', 'integer', 'int64')
];
const find = (name: string) => COLUMNS.find(each => each.name === name)?.id;
const read = (text: string) => readEntry(text, find);

describe('what is typed over a total', () => {
  it.each([
    ['1200', '1200', 'proportional'],
    ['=1,200.50', '1,200.50', 'proportional'],
    ['  -3e5 ', '-3e5', 'proportional'],
    ['+200', '+200', 'proportional'],
    ['10%', '10', 'percent'],
    ['-5 %', '-5', 'percent'],
    ['*1.1', '10', 'percent'],
    ['* 0.95', '-5', 'percent'],
    ['+=200', '200', 'add'],
    ['-=200', '200', 'subtract'],
    ['1200 equal', '1200', 'equal'],
    ['1200 BY Equal-Increment', '1200', 'equal_increment'],
    ['5% by percent', '5', 'percent'],
    ['zero', null, 'zero'],
    ['by clear', null, 'clear'],
    ['', null, 'clear']
  ])('%j is %j by %s', (text, value, by) => {
    expect(read(text)).toMatchObject({ value, method: { by } });
  });

  it('names other columns and revisions as `%tab set` does', () => {
    expect(read('1200 by weighted(last year)')).toEqual({ value: '1200', method: { by: 'weighted', ref: { column: 4 } } });
    expect(read('1200 weighted(@12)')).toEqual({ value: '1200', method: { by: 'weighted', ref: { rev: 12 } } });
    expect(read('copy("last year"@3)')).toEqual({ value: null, method: { by: 'copy', ref: { column: 4, rev: 3 } } });
    expect(read('30 by move(Acme > Bolt)')).toEqual({ value: '30', method: { by: 'move', to: { path: ['Acme', 'Bolt'] } } });
    expect(read('10 growth(month, 2%)')).toEqual({ value: '10', method: { by: 'growth', along: 2, percent: '2' } });
    expect(read('10 by straight_line(month, 50)')).toMatchObject({ method: { by: 'straight_line', along: 2, last: '50' } });
  });

  it.each([
    '12x',
    'abc',
    '1200 by magic',
    '1200 zero',
    'equal',
    '*ten',
    '+=5 equal',
    '1200 by weighted(nowhere)',
    '5 weighted',
    '--5'
  ])('%j is refused with what to write', text => {
    const found = read(text);
    expect(found).toHaveProperty('error');
    expect((found as { hint: string }).hint).not.toBe('');
  });

  it('tells a mistyped method from what is neither number nor method', () => {
    expect(read('equall')).toMatchObject({ error: 'There is no method “equall”.', hint: 'There are equal, equal_increment.' });
    expect(read('tomorrow')).toHaveProperty('error', '“tomorrow” is neither a number nor a method.');
  });

  it('keeps every digit of a factor', () => {
    expect(percentOf('1.000000000000000000001')).toBe('0.0000000000000000001');
    expect([percentOf('2'), percentOf('1'), percentOf('-1'), percentOf('.5'), percentOf('')]).toEqual([
      '100',
      '0',
      '-200',
      '-50',
      null
    ]);
  });

  it('makes all rows the same text, or missing', () => {
    expect(readText('West')).toEqual({ value: 'West', method: { by: 'repeat' } });
    expect(readText('')).toEqual({ value: null, method: { by: 'clear' } });
  });

  it('takes any method on offer once its capitals are filled in', () => {
    for (const { form, name, bare } of FORMS) {
      const filled = form
        .replace(/COLUMN|ALONG/, 'last year')
        .replace('TO', 'Acme')
        .replace(/LAST|PERCENT/, '7');
      expect(readMethod(filled, find)).toMatchObject({ method: { by: name } });
      const found = read(withMethod('12%', filled, bare ?? false));
      expect(found).toHaveProperty('method.by', name === 'proportional' ? 'percent' : name);
      expect('method' in found && isBare(found.method)).toBe(bare ?? false);
    }
  });

  it('finds the words that are still being typed', () => {
    expect(['12', '12 by', '12 by eq', '12 eq', 'cl', ''].map(methodPart)).toEqual([null, '', 'eq', 'eq', 'cl', null]);
  });
});

describe('a rollup being put together', () => {
  it('begins with the groups and the sums of the table', () => {
    const draft = suggest(COLUMNS);
    expect(defineDraft(draft, COLUMNS)).toEqual({
      levels: [1, 2],
      aggregates: [
        { fn: 'sum', column: 3 },
        { fn: 'sum', column: 4 }
      ]
    });
  });

  it('goes there and back, and reads as `%tab rollup` is written', () => {
    const made = {
      name: 'year',
      levels: [1],
      across: 2,
      aggregates: [{ fn: 'ratio' as const, column: 3, other: 4, inverse: 3 }]
    };
    expect(defineDraft(draftOf(made), COLUMNS)).toEqual(made);
    expect(spell(made, COLUMNS)).toBe('brand of ratio(amount, last year) into amount across month');
  });

  it.each([
    [{ measures: [] }, 'measure'],
    [{ levels: [], across: null }, 'level'],
    [{ across: 1 }, 'brand is a level already'],
    [{ levels: [9] }, 'gone'],
    [{ measures: [{ fn: 'ratio' as const, column: 3, other: null, inverse: null }] }, 'second column'],
    [{ measures: [0, 1].map(() => ({ fn: 'sum' as const, column: 3, other: null, inverse: null })) }, 'twice']
  ])('says what is missing: %j', (change, words) => {
    expect(defineDraft({ ...suggest(COLUMNS), ...change }, COLUMNS)).toHaveProperty('error', expect.stringContaining(words));
  });

  it('moves levels up and down, and nowhere beyond the ends', () => {
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
    expect(moved(['a', 'b'], 0, 2)).toEqual(['a', 'b']);
  });
});
