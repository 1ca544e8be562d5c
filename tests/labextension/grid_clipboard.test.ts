import { describe, expect, test } from 'vitest';
import { parseHtml, parseTsv, readTable, tableHtml, writeTsv } from '../../labextension/src/grid/clipboard/tables';
import { joined } from '../../labextension/src/grid/clipboard/transfer';
import { pastePlan } from '../../labextension/src/grid/clipboard/paste';

describe('tab-separated text', () => {
  test('the line break at the end begins no row', () => {
    expect(parseTsv('a\tb\r\nc\td\r\n')).toEqual([
      ['a', 'b'],
      ['c', 'd']
    ]);
  });

  test('an empty line in between is a row of blanks', () => {
    expect(parseTsv('a\n\nb\n')).toEqual([['a'], [''], ['b']]);
  });

  test('a quoted cell keeps its tabs, line breaks and doubled quotes', () => {
    expect(parseTsv('"two\r\nlines"\t"a ""b"""\nplain\t"\t"')).toEqual([
      ['two\nlines', 'a "b"'],
      ['plain', '\t']
    ]);
  });

  test('a quote that no cell end follows is a plain character', () => {
    expect(parseTsv('"5" wide\t6"\n12" disk\tx')).toEqual([
      ['"5" wide', '6"'],
      ['12" disk', 'x']
    ]);
  });

  test('short rows are filled up and blanks at the end stay', () => {
    expect(parseTsv('a\tb\tc\nd\t"e"\t')).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', '']
    ]);
  });

  test('what is written is read back', () => {
    const cells = [
      ['plain', '"quoted"', 'tab\there'],
      ['two\nlines', '', 'a"b']
    ];
    expect(parseTsv(writeTsv(cells))).toEqual(cells);
  });

  test('10,000 × 10 cells are read in a moment', () => {
    const line = Array.from({ length: 10 }, (_, i) => `value ${i}`).join('\t');
    const start = performance.now();
    expect(parseTsv(`${line}\n`.repeat(10_000))).toHaveLength(10_000);
    expect(parseTsv(`"q"\t${line}\n`.repeat(10_000))).toHaveLength(10_000);
    expect(performance.now() - start).toBeLessThan(1500);
  });
});

describe('HTML tables', () => {
  test('cells of Excel are read without the page’s white space', () => {
    const html = `<html><body><table><!--StartFragment--><tr height=20>
      <td class=xl65>1,200.50</td><td>two<br>  lines</td></tr><tr><td>&nbsp;x</td><td></td></tr></table></body></html>`;
    expect(parseHtml(html)).toEqual([
      ['1,200.50', 'two\nlines'],
      [' x', '']
    ]);
  });

  test('a merged cell stands at its first place and leaves the others blank', () => {
    const html = '<table><tr><td rowspan="2">a</td><td colspan="2">b</td></tr><tr><td>c</td><td>d</td></tr></table>';
    expect(parseHtml(html)).toEqual([
      ['a', 'b', ''],
      ['', 'c', 'd']
    ]);
  });

  test('a table is preferred to text, and text to a page without one', () => {
    expect(readTable('<table><tr><td>html</td></tr></table>', 'text')).toEqual([['html']]);
    expect(readTable('<p>html</p>', 'text')).toEqual([['text']]);
  });

  test('what this grid copied comes back from the text, spaces and all', () => {
    expect(readTable(tableHtml('  a\tb', false), '  a\tb')).toEqual([['  a', 'b']]);
  });

  test('copied text is no markup', () => {
    expect(tableHtml('<b>&\t"x"', false)).toContain('<td>&lt;b&gt;&amp;</td>');
    expect(tableHtml('name\n1', true)).toContain('<tr><th>name</th></tr><tr><td>1</td></tr>');
  });
});

describe('where a paste goes', () => {
  const at = (start: number, stop: number, columns: number[]) => ({
    cursor: { row: start, column: columns[0] ?? 0 },
    ranges: [{ start, stop, columns }]
  });

  test('one value fills the whole selection and travels once a column', () => {
    const plan = pastePlan([['7']], at(0, 1_000_000, [3, 4]), [3, 4, 5], 1_000_000);
    expect(plan?.op.blocks).toEqual([{ columns: [3, 4], start: 0, stop: 1_000_000, values: [['7'], ['7']] }]);
  });

  test('a table goes down and right from the selection, blanks are missing', () => {
    const plan = pastePlan(
      [
        ['1', ''],
        ['2', 'x']
      ],
      at(5, 6, [4]),
      [3, 4, 5],
      100
    );
    expect(plan?.op.blocks).toEqual([
      {
        columns: [4, 5],
        start: 5,
        stop: 7,
        values: [
          ['1', '2'],
          [null, 'x']
        ]
      }
    ]);
    expect(plan?.selection.ranges).toEqual([{ start: 5, stop: 7, columns: [4, 5] }]);
  });

  test('a selection that is a multiple of the clipboard is filled with it', () => {
    const plan = pastePlan([['1'], ['2']], at(0, 4, [3, 4]), [3, 4], 100);
    expect(plan?.op.blocks[0]).toMatchObject({
      columns: [3, 4],
      stop: 4,
      values: [
        ['1', '2', '1', '2'],
        ['1', '2', '1', '2']
      ]
    });
  });

  test('it says what finds no room', () => {
    const table = [
      ['1', '2', '3'],
      ['4', '5', '6']
    ];
    expect(pastePlan(table, at(99, 100, [4]), [3, 4, 5], 100)).toMatchObject({ rows: 1, columns: 1 });
  });
});

test('ranges are copied together only where they make one table', () => {
  const range = (start: number, stop: number, ...columns: number[]) => ({ start, stop, columns });
  expect(joined([range(0, 2, 1), range(0, 2, 3)])).toEqual([range(0, 2, 1, 3)]);
  expect(joined([range(5, 6, 1), range(0, 2, 1)])).toEqual([range(0, 2, 1), range(5, 6, 1)]);
  expect(joined([range(0, 2, 1), range(1, 3, 2)])).toBeNull();
});
