import { describe, expect, it, vi } from 'vitest';
import { Control } from '../../labextension/src/grid/control';
import type { Column, TreeInfo } from '../../labextension/src/protocol';
import { TreeActs } from '../../labextension/src/tree/acts';
import { pressKey } from '../../labextension/src/tree/keys';
import { closed, levelled, levelOf, opened, rowFilters } from '../../labextension/src/tree/nodes';
import { COLUMNS, TableSession } from './grid_table';

const RollUp = { levels: [1, 2], aggregates: [{ fn: 'sum' as const, column: 8 }], name: 'year' };
const INFO: TreeInfo = {
  rollup: RollUp,
  levels: ['customer', 'region'],
  columns: [
    { id: 1, aggregate: 0, column: 8 },
    { id: 2, aggregate: 0, total: false, group: 'pen', where: [{ is: 'set', column: 7, values: ['pen'] }], column: 8 },
    { id: 3, aggregate: 1 }
  ],
  nodes: [1, 2, 3],
  rows: 1500
};
const SCHEMA: Column[] = [
  { id: 0, name: 'customer > region', kind: 'text', dtype: 'str', index: true, editable: false },
  { id: 1, name: 'sum(total)', kind: 'decimal', dtype: 'decimal', scale: 2 },
  { id: 2, name: 'pen sum(total)', kind: 'decimal', dtype: 'decimal', scale: 2 },
  { id: 3, name: 'max(total)', kind: 'decimal', dtype: 'decimal', scale: 2, editable: false, why: 'It is computed.' }
];
const OK = { ok: true, rev: 2, cells: 3, rows: 3, skipped: 0, message: '' } as const;

/** A grid that shows: total > Ada (open) > North, South; Bo (closed). */
function grow() {
  const session = new TableSession(5, SCHEMA);
  const base = { columns: COLUMNS, dtypes: [] };
  session.set({ tree: INFO, base, view: { sort: [], filter: [], search: '', tree: { rollup: 'year', depth: 2 } } });
  const node = (path: (string | null)[], children: number, open = false) =>
    session.planner.rows.push({
      node: { path, depth: path.length, children, open, leaves: 10 },
      locked: new Set(path[0] === 'Bo' ? [1] : []),
      why: new Map()
    });
  node([], 2, true);
  node(['Ada'], 2, true);
  node(['Ada', 'North'], 0);
  node(['Ada', null], 0);
  node(['Bo'], 1);
  const views: unknown[] = [];
  vi.spyOn(session, 'setView').mockImplementation(async view => void views.push(view));
  const control = new Control(session, null);
  return { session, control, acts: control.tree, views };
}

describe('which nodes are open', () => {
  const tree = { rollup: 'year', depth: 1 };
  it('is said by a level, and by the nodes that are otherwise', () => {
    const open = opened(tree, [['Ada']]);
    expect(open).toEqual({ rollup: 'year', depth: 1, expanded: [['Ada']], collapsed: [] });
    expect(closed(open, ['Ada'])).toMatchObject({ expanded: [], collapsed: [] });
    expect(closed(tree, [])).toMatchObject({ collapsed: [[]] });
    expect(opened(closed(tree, []), [[]])).toMatchObject({ expanded: [], collapsed: [] });
    expect(closed(levelled(tree, null), ['Ada', null])).toMatchObject({ depth: null, collapsed: [['Ada', null]] });
  });
  it('is a level only where no node is otherwise', () => {
    expect([levelOf(tree, 3), levelOf(levelled(tree, null), 3), levelOf(opened(tree, [['Ada']]), 3)]).toEqual([1, 3, undefined]);
  });
  it('has its rows found by the labels of its path, as values of their columns', () => {
    const columns = [{ ...COLUMNS[0]!, id: 1 }, COLUMNS[2]!];
    expect(rowFilters({ ...RollUp, filter: [{ is: 'expression', sql: 'x' }] }, ['2027', null], columns)).toEqual([
      { is: 'expression', sql: 'x' },
      { is: 'set', column: 1, values: [2027] },
      { is: 'missing', column: 2 }
    ]);
  });
});

const NO_KEYS = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false };

describe('keys on a tree', () => {
  const press = async (key: string, row: number, more: { altKey?: boolean } = {}, column = 0) => {
    const grown = grow();
    const ground = { row, column, go: vi.fn(), fail: vi.fn() };
    const taken = pressKey(grown.acts, { ...NO_KEYS, key, code: key, ...more }, ground);
    await new Promise(done => setTimeout(done));
    expect(ground.fail).not.toHaveBeenCalled();
    return { taken, ...grown, ...ground };
  };
  it('open a closed node and close an open one, on its label', async () => {
    expect((await press('ArrowRight', 4)).views).toEqual([{ tree: { rollup: 'year', depth: 2, expanded: [], collapsed: [] } }]);
    expect((await press('ArrowLeft', 1)).views).toMatchObject([{ tree: { collapsed: [['Ada']] } }]);
    expect((await press('Enter', 1)).views).toMatchObject([{ tree: { collapsed: [['Ada']] } }]);
    expect((await press('Enter', 2)).views).toMatchObject([{ tree: null, filter: [{ values: ['Ada'] }, { values: ['North'] }] }]);
  });
  it('go from a closed node to the one above it', async () => {
    const { go, views } = await press('ArrowLeft', 3);
    expect(go).toHaveBeenCalledWith(1);
    expect(views).toEqual([]);
  });
  it('move on where there is nothing to open', async () => {
    expect([(await press('ArrowRight', 1)).taken, (await press('ArrowRight', 2)).taken]).toEqual([false, false]);
  });
  it('leave arrows in the numbers alone, except with Alt', async () => {
    expect((await press('ArrowLeft', 1, {}, 1)).taken).toBe(false);
    expect((await press('ArrowLeft', 1, { altKey: true }, 1)).views).toMatchObject([{ tree: { collapsed: [['Ada']] } }]);
  });
  it('open everything with *', async () => {
    expect((await press('*', 0)).views).toEqual([{ tree: { rollup: 'year', depth: null, expanded: [], collapsed: [] } }]);
  });
});

describe('a total being written', () => {
  it('names its place, its measure and how, and asks above the limit', async () => {
    const { acts, session } = grow();
    await acts.write(1, 1, '10%');
    expect(session.planner.spreads).toEqual([
      {
        kind: 'spread',
        rollup: RollUp,
        targets: [{ at: { path: ['Ada'] }, aggregate: 0, value: '10', method: { by: 'percent' } }],
        ask_above: 1000
      }
    ]);
  });
  it('leaves what is held as it is, but not the written total itself', async () => {
    const { acts, session } = grow();
    acts.hold([
      { row: 2, column: 1 },
      { row: 1, column: 2 }
    ]);
    await acts.write(1, 1, '5');
    expect(session.planner.spreads[0]?.holds).toEqual([
      { path: ['Ada', 'North'] },
      { path: ['Ada'], where: INFO.columns[1]?.where, name: 'Ada, pen' }
    ]);
    acts.hold([{ row: 2, column: 1 }]);
    await acts.write(1, 2, '5');
    expect(session.planner.spreads[1]?.holds).toBeUndefined();
  });
  it('holds totals only, and those that can be written', () => {
    const { acts, control } = grow();
    acts.hold([{ row: 1, column: 3 }]);
    expect([acts.state.holds, control.state.notice?.text]).toEqual([[], 'It is computed.']);
    acts.hold([0, 1, 3].map(column => ({ row: 1, column })));
    expect(acts.state.holds).toHaveLength(1);
  });
  it('waits for a word where it spreads far, and then carries the token of what was shown', async () => {
    const { acts, session } = grow();
    session.planner.outcomes.push({ ok: false, nack: { type: 'nack', ch: '', seq: 1, code: 'TOO_LARGE', message: 'far' } }, OK);
    expect(await acts.write(0, 1, '7')).toBeNull();
    expect(acts.state.proposal?.found.token).toBe('1-a');
    expect(await acts.accept()).toEqual(OK);
    expect(session.planner.spreads[1]).toMatchObject({ token: '1-a' });
    expect(session.planner.spreads[1]).not.toHaveProperty('ask_above');
    expect(acts.state.proposal).toBeNull();
  });
  it('is shown anew where the table has changed meanwhile', async () => {
    const { acts, session } = grow();
    await acts.write(0, 1, '7', true);
    session.planner.outcomes.push({ ok: false, nack: { type: 'nack', ch: '', seq: 1, code: 'CONFLICT', message: 'other' } });
    session.planner.found = { token: '2-b' };
    expect(await acts.accept()).toMatchObject({ ok: false });
    expect(acts.state.proposal?.found.token).toBe('2-b');
  });
  it('says why a cell cannot be written', () => {
    const { acts } = grow();
    expect(acts.why(1, 0)).toContain('Labels');
    expect([acts.why(1, 1), acts.why(1, 3), acts.why(4, 1)]).toEqual(['', 'It is computed.', 'This is locked for everyone.']);
  });
});

describe('numbers pasted over totals', () => {
  const paste = async (text: string, row = 1, columns = [1, 2]) => {
    const grown = grow();
    grown.control.select({ cursor: { row, column: columns[0]! }, ranges: [{ start: row, stop: row + 1, columns }] });
    await grown.control.transfer.paste(text.split('\n').map(line => line.split('\t')));
    return { ...grown, notice: grown.control.state.notice };
  };
  it('are one write, without the empty cells and what is held there itself', async () => {
    const { session } = await paste('1,200\t\n30\t40');
    const where = INFO.columns[1]?.where;
    expect(session.planner.spreads).toEqual([
      {
        kind: 'spread',
        rollup: RollUp,
        targets: [
          { at: { path: ['Ada'] }, aggregate: 0, value: '1,200', method: { by: 'proportional' } },
          { at: { path: ['Ada', 'North'] }, aggregate: 0, value: '30', method: { by: 'proportional' } },
          {
            at: { path: ['Ada', 'North'], where, name: 'Ada > North, pen' },
            aggregate: 0,
            value: '40',
            method: { by: 'proportional' }
          }
        ],
        ask_above: 1000
      }
    ]);
  });
  it('are none where one of them cannot be written, or does not read', async () => {
    for (const [text, columns, hint] of [
      ['1\t2', [2, 3], 'It is computed.'],
      ['1\t2', [0, 1], 'Labels are'],
      ['1\tmany', [1, 2], 'Nothing was pasted.'],
      ['1\t10%', [1, 2], 'numbers only'],
      ['1\n2\n3\n4\n5', [1], 'Open the nodes']
    ] as const) {
      const { session, notice } = await paste(text, 1, [...columns]);
      expect(session.planner.spreads).toEqual([]);
      expect([notice?.level, notice?.hint]).toEqual(['error', expect.stringContaining(hint)]);
    }
  });
  it('wait for a word where they spread far', async () => {
    const { control, acts, session } = grow();
    session.planner.outcomes.push({ ok: false, nack: { type: 'nack', ch: '', seq: 1, code: 'TOO_LARGE', message: 'far' } }, OK);
    control.select({ cursor: { row: 2, column: 1 }, ranges: [{ start: 2, stop: 3, columns: [1] }] });
    await control.transfer.paste([['1'], ['2']]);
    expect([control.state.panel.kind, acts.state.proposal?.op.targets.length]).toEqual(['proposal', 2]);
    expect(await acts.accept()).toEqual(OK);
  });
});

describe('what is held', () => {
  it('is found again by a grid that shows the same tree, whatever ids it has, and by no other', () => {
    const memory = new Map<string, string>();
    const shelf = {
      getItem: (key: string) => memory.get(key) ?? null,
      setItem: (key: string, text: string) => void memory.set(key, text),
      removeItem: (key: string) => void memory.delete(key)
    };
    const begin = (session: TableSession) => {
      const acts = new TreeActs(new Control(session, null), shelf);
      acts.follow();
      return acts;
    };
    const first = begin(grow().session);
    first.hold([
      { row: 2, column: 1 },
      { row: 1, column: 2 }
    ]);
    const { session } = grow();
    const other = INFO.columns.map(column =>
      column.group ? { ...column, where: [{ is: 'set' as const, column: 70, values: ['pen'] }] } : column
    );
    session.set({ tree: { ...INFO, columns: other } });
    expect(begin(session).state.holds).toEqual([
      { at: { path: ['Ada', 'North'] }, aggregate: 0 },
      { at: { path: ['Ada'], where: other[1]?.where, name: 'Ada, pen' }, aggregate: 0 }
    ]);
    session.set({ tree: { ...INFO, rollup: { ...RollUp, levels: [2] } } });
    expect(begin(session).state.holds).toEqual([]);
    first.release();
    expect(begin(grow().session).state.holds).toEqual([]);
    memory.forEach((_, key) => memory.set(key, '{'));
    expect(begin(grow().session).state.holds).toEqual([]);
  });
});

describe('the way back', () => {
  it('brings the rows as they were seen before', async () => {
    const { acts, session, views } = grow();
    session.set({ tree: null, view: { sort: [{ column: 3 }], filter: [], search: 'a', tree: null } });
    await acts.enter('year');
    await acts.leave();
    expect(views).toEqual([
      { tree: { rollup: 'year', depth: 1 }, sort: [], filter: [], search: '' },
      { sort: [{ column: 3 }], filter: [], search: 'a', tree: null }
    ]);
  });
  it('can be to the rows of one node', async () => {
    const { acts, views } = grow();
    await acts.showRows(3);
    expect(views).toEqual([
      {
        sort: [],
        search: '',
        tree: null,
        filter: [
          { is: 'set', column: 1, values: ['Ada'] },
          { is: 'missing', column: 2 }
        ]
      }
    ]);
  });
});
