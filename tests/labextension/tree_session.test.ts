import { bool, int32, int64, tableFromArrays, tableToIPC, utf8 } from '@uwdata/flechette';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Column, Op, Request, Spread, Tree, TreeInfo } from '../../labextension/src/protocol';
import type { News } from '../../labextension/src/session/api';
import { Client } from '../../labextension/src/session/client';
import { Edits } from '../../labextension/src/session/edits';
import type { Frame, Transport } from '../../labextension/src/transport/transport';
import { settle } from './table';

const BASE: Column[] = [
  { id: 0, name: 'brand', kind: 'text', dtype: 'str' },
  { id: 1, name: 'amount', kind: 'integer', dtype: 'int64' }
];
const NODES: Column[] = [
  { id: 0, name: 'brand', kind: 'text', dtype: 'str', editable: false },
  { id: 1, name: 'sum(amount)', kind: 'integer', dtype: 'int64' }
];
const INFO: TreeInfo = {
  rollup: { levels: [0], aggregates: [{ fn: 'sum', column: 1 }] },
  levels: ['brand'],
  columns: [{ id: 1, aggregate: 0, column: 1 }],
  nodes: [1, 2],
  rows: 5
};
const TREE: Tree = { rollup: INFO.rollup, depth: 1 };

/** A table of five rows that is also a tree of three nodes, and says what it is told to. */
class Forest implements Transport {
  readonly log: Request[] = [];
  columns = BASE;
  /** Why no tree can be had. */
  refusal = '';
  private hear: (frame: Frame) => void = () => undefined;
  private grown = false;

  onFrame(listener: (frame: Frame) => void): void {
    this.hear = listener;
  }
  onOpen(listener: (open: boolean) => void): void {
    listener(true);
  }
  dispose(): void {}

  send(message: Request): void {
    this.log.push(message);
    queueMicrotask(() => this.receive(message));
  }

  last<T extends Request['type']>(type: T): Extract<Request, { type: T }> | undefined {
    return this.log.findLast((message): message is Extract<Request, { type: T }> => message.type === type);
  }

  tell(message: object, arrow?: Uint8Array): void {
    this.hear({ message: { ch: this.log[0]?.ch, ...message } as Answer, ...(arrow ? { arrow } : {}) });
  }

  subbed(re: number, columns = NODES): void {
    const tree = this.grown ? { schema: { columns, dtypes: [] }, tree: INFO } : {};
    this.tell({ type: 'subbed', re, rev: 1, rows: this.grown ? 3 : 5, total: this.grown ? 3 : 5, ...tree });
  }

  private receive(message: Request): void {
    switch (message.type) {
      case 'hello': {
        const schema = { columns: this.columns, dtypes: [] };
        const user = { id: 'ann', name: 'Ann' };
        return this.tell({
          type: 'welcome',
          epoch: 'e',
          rev: 1,
          name: 'plan',
          rows: 5,
          schema,
          user,
          role: 'editor',
          last_seq: 0
        });
      }
      case 'sub':
        if (message.view.tree && this.refusal) {
          return this.tell({ type: 'error', re: message.id, code: 'NO_COLUMN', message: this.refusal });
        }
        this.grown = message.view.tree != null;
        return this.subbed(message.id);
      case 'fetch': {
        const { id: re, start } = message;
        return this.tell({ type: 'window', re, rev: 1, start, stop: start + 3 }, this.grown ? nodes() : rows());
      }
    }
  }
}

function rows(): Uint8Array {
  const data = { _rid: [0n, 1n, 2n, 3n, 4n], '0': ['a', 'a', 'b', 'b', 'b'], '1': [1n, 2n, 3n, 4n, 5n] };
  return tableToIPC(tableFromArrays(data, { types: { _rid: int64(), '0': utf8(), '1': int64() } }), {})!;
}

function nodes(): Uint8Array {
  const types = {
    _rid: int64(),
    '0': utf8(),
    '1': int64(),
    _depth: int32(),
    _children: int32(),
    _open: bool(),
    _leaves: int64()
  };
  const data = {
    ...{ _rid: [0n, 1n, 2n], '0': ['total', 'a', 'b'], '1': [15n, 3n, 12n], _depth: [0, 1, 1], _children: [2, 0, 0] },
    ...{ _open: [true, false, false], _leaves: [5n, 2n, 3n], _path: ['[]', '["a"]', '["b"]'], _locked: [null, '[1]', null] },
    _why: [null, '{"1":"Locked."}', null]
  };
  return tableToIPC(tableFromArrays(data, { types: { ...types, _path: utf8(), _locked: utf8(), _why: utf8() } }), {})!;
}

let forest: Forest;
let session: Client;
const news: News[] = [];

async function begin(tree: Tree | null = null, refusal = ''): Promise<void> {
  forest = new Forest();
  forest.refusal = refusal;
  session = new Client(forest, 'table/plan', { tree });
  session.onNews(one => news.push(one));
  await settle();
  session.ensure(0, 5, [0, 1]);
  await settle();
}

const column = (id: number) => Array.from({ length: session.state.rows }, (_, row) => session.cell(row, id)?.value);

beforeEach(() => {
  vi.useFakeTimers();
  news.length = 0;
});

afterEach(() => {
  session.dispose();
  vi.useRealTimers();
});

describe('a tree in place of the rows', () => {
  it('has columns of its own, and nodes with what is known of them', async () => {
    await begin();
    expect(column(1)).toEqual([1, 2, 3, 4, 5]);
    await session.setView({ tree: TREE });
    await settle();
    expect(session.state).toMatchObject({ rows: 3, tree: INFO, base: { columns: BASE } });
    expect(session.state.schema.columns.map(({ name, index }) => [name, index])).toEqual([
      ['brand', true],
      ['sum(amount)', undefined]
    ]);
    expect(column(1)).toEqual([15, 3, 12]);
    expect(session.planner.facts(0)).toMatchObject({ node: { path: [], depth: 0, children: 2, open: true, leaves: 5 } });
    expect(session.planner.facts(1)).toMatchObject({
      node: { path: ['a'] },
      locked: new Set([1]),
      why: new Map([[1, 'Locked.']])
    });
    await session.setView({ tree: null });
    await settle();
    expect([column(1), session.state.tree, session.planner.facts(0)]).toEqual([[1, 2, 3, 4, 5], null, undefined]);
  });

  it('can be there from the start: rows are not drawn before', async () => {
    const drawn: string[] = [];
    forest = new Forest();
    session = new Client(forest, 'table/plan', { tree: TREE });
    session.subscribe(() => drawn.push(session.state.schema.columns[1]?.name ?? ''));
    await settle();
    expect(session.state.tree).toEqual(INFO);
    expect(drawn).not.toContain('amount');
  });

  it('cannot be had: the rows are drawn, and it is said why', async () => {
    await begin(TREE, 'brand is gone.');
    expect(news).toEqual([{ kind: 'felled', message: 'brand is gone.', hint: '' }]);
    expect(session.state).toMatchObject({ tree: null, rows: 5, busy: false });
    expect(column(1)).toEqual([1, 2, 3, 4, 5]);
  });

  it('can go while it is drawn', async () => {
    await begin(TREE);
    forest.tell({ type: 'error', re: forest.last('sub')?.id, code: 'NO_COLUMN', message: 'brand is gone.' });
    await settle();
    expect(news.map(({ kind }) => kind)).toEqual(['felled']);
    expect(session.state).toMatchObject({ tree: null, rows: 5 });
  });

  it('leads back to the columns that the table has by then', async () => {
    await begin(TREE);
    forest.columns = [...BASE, { id: 7, name: 'new', kind: 'text', dtype: 'str' }];
    await session.setView({ tree: null });
    await settle();
    expect(session.state.schema.columns.map(({ name }) => name)).toEqual(['brand', 'amount', 'new']);
    expect(column(1)).toEqual([1, 2, 3, 4, 5]);
  });

  it('takes new columns when they come unasked', async () => {
    await begin(TREE);
    forest.subbed(forest.last('sub')?.id ?? 0, [...NODES, { id: 2, name: 'Jan sum(amount)', kind: 'integer', dtype: 'int64' }]);
    await settle();
    expect(session.state.schema.columns).toHaveLength(3);
  });
});

describe('writing in a tree', () => {
  const shown = { rid: 2, column: 1, text: '20' };
  const op: Spread = { kind: 'spread', rollup: INFO.rollup, targets: [{ at: { path: ['b'] }, value: '20' }] };

  it('shows what was typed until the patch has the new totals; the rows of the acknowledgement are no nodes', async () => {
    await begin(TREE);
    const written = session.planner.spread(op, shown);
    expect(session.cell(2, 1)).toMatchObject({ state: 'pending', text: '20' });
    await settle();
    const cells = [{ column: 1, rows: [0, 1, 2], values: [7, 7, 7] }];
    forest.tell({ type: 'ack', seq: 1, rev: 2, n_cells: 3, cells });
    await settle();
    expect(await written).toMatchObject({ ok: true });
    expect([session.cell(0, 1)?.value, session.cell(2, 1)?.state]).toEqual([15, 'pending']);
    const patched = [{ column: 1, rows: [0, 2], values: [23, 20] }];
    forest.tell({
      type: 'patch',
      rev: 2,
      user: { id: 'ann', name: 'Ann' },
      kind: 'spread',
      from_ch: forest.log[0]?.ch,
      seq: 1,
      cells: patched
    });
    await settle();
    expect(column(1)).toEqual([23, 3, 20]);
    expect(session.cell(2, 1)?.state).toBe('stored');
  });

  it('does not lie over a row of the same number once the page was loaded anew', () => {
    const edits = new Edits('c', () => undefined);
    const set: Op = { kind: 'set_cells', blocks: [{ columns: [1], values: [['5']], rows: [3] }] };
    const left = { base: 1, view: null, condition: null, keep: true };
    edits.take(
      [
        { ...left, seq: 1, op, cells: [shown] },
        { ...left, seq: 2, op: set, cells: [{ rid: 3, column: 1, text: '5' }] }
      ],
      2
    );
    expect([edits.mark(2, 1), edits.mark(3, 1)?.text]).toEqual([undefined, '5']);
  });

  it('lights up what somebody else changed, and claims no loss of a total', async () => {
    await begin(TREE);
    const cells = [{ column: 1, rows: [0], values: [99] }];
    forest.tell({ type: 'patch', rev: 2, user: { id: 'bo', name: 'Bo' }, kind: 'spread', cells });
    await settle();
    expect(session.touch(0, 1)).toMatchObject({ user: { id: 'bo' }, before: 15 });
    expect(news.map(({ kind }) => kind)).toEqual(['changed']);
  });

  it('never sends an operation on rows, whose ids nodes do not have', async () => {
    await begin(TREE);
    const blocks = [{ columns: [1], values: [['5']], start: 0, stop: 1 }];
    expect(await session.apply({ kind: 'set_cells', blocks })).toMatchObject({ ok: false, nack: { code: 'BAD_MESSAGE' } });
    expect(await session.apply({ kind: 'delete_rows', rows: { ranges: [[0, 1]] } })).toMatchObject({ ok: false });
    session.profile([1]);
    session.here({ row: 0, column: 1, toRow: 0, toColumn: 1, editing: false });
    await settle();
    expect([forest.last('op'), forest.last('ask_profile'), forest.last('here')]).toEqual([undefined, undefined, undefined]);
    expect(await Promise.race([session.undo(), settle().then(() => 'sent')])).toBe('sent');
    expect(forest.last('op')?.op).toEqual({ kind: 'undo' });
  });
});
