import { describe, expect, it } from 'vitest';
import { initials } from '../../labextension/src/grid/people/person';
import { joinCommand, tableName } from '../../labextension/src/lab/naming';

describe('names', () => {
  it('of tables come from those of files', () => {
    expect(['data/Q1 sales.csv.gz', 'a.b.parquet', '.csv', 'x'].map(tableName)).toEqual(['Q1 sales', 'a.b', '.csv', 'x']);
  });

  it('are written so that IPython takes them as they are and runs nothing in them', () => {
    expect(joinCommand('sales-2027.v1')).toBe('%tab join sales-2027.v1');
    expect(joinCommand(`O'Brien "x" \\`)).toBe(String.raw`%tab join "O'Brien \"x\" \\"`);
    expect(joinCommand('{exec("evil")} $HOME')).toBe(String.raw`%tab join "{{exec(\"evil\")}} $$HOME"`);
  });

  it('of people give up to two whole letters', () => {
    expect(['Ann Lee', '😀 Lee', 'bo', '😀😀😀', ''].map(initials)).toEqual(['AL', '😀L', 'BO', '😀😀', '?']);
  });
});
