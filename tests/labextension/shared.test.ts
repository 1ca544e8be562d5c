import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Patch, Peer } from '../../labextension/src/protocol';
import type { News, Spotted } from '../../labextension/src/session/api';
import { Client } from '../../labextension/src/session/client';
import { BO, FakeTable, ME, settle } from './table';

const CY = { id: 'cy', name: 'Cy' };

let table: FakeTable;
let session: Client;
let news: News[];

beforeEach(async () => {
  vi.useFakeTimers();
  table = new FakeTable();
  table.role = 'editor';
  session = new Client(table.transport(), 'table/sales');
  news = [];
  session.onNews(one => news.push(one));
  await settle();
  session.ensure(0, 30, [0, 1]);
  await settle();
});

afterEach(() => {
  session.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function at(row: number, more: Partial<Spotted> = {}): Spotted {
  return { row, column: 0, toRow: row, toColumn: 0, editing: false, ...more };
}

function patch(more: Partial<Patch>): void {
  table.rev += 1;
  table.tell({ type: 'patch', rev: table.rev, user: BO, kind: 'set_cells', ...more });
}

const places = () => table.sent('here').map(({ place }) => place?.rid ?? null);

describe('where the user is', () => {
  it('is said at once, then at most ten times a second, and the last place always', async () => {
    for (let row = 1; row <= 9; row++) {
      session.here(at(row));
      await vi.advanceTimersByTimeAsync(20);
    }
    await vi.advanceTimersByTimeAsync(500);
    expect(places()[0]).toBe(1);
    expect(places().at(-1)).toBe(9);
    expect(places().length).toBeLessThanOrEqual(4);
  });

  it('has the far corner of what is selected, and whether something is typed', () => {
    session.here(at(3, { toRow: 5, toColumn: 1, editing: true }));
    expect(table.sent('here')[0]?.place).toEqual({ rid: 3, column: 0, to_rid: 5, to_column: 1, editing: true });
  });

  it('is said again while they stay, and to a table that is reached anew', async () => {
    session.here(at(3));
    await vi.advanceTimersByTimeAsync(11_000);
    expect(places()).toEqual([3, 3, 3]);
    table.cut();
    await vi.advanceTimersByTimeAsync(11_000);
    expect(places()).toEqual([3, 3, 3]);
    table.mend();
    await vi.advanceTimersByTimeAsync(200);
    expect(places()).toEqual([3, 3, 3, 3]);
  });

  it('is nowhere once they have left', async () => {
    session.here(at(3));
    await vi.advanceTimersByTimeAsync(200);
    session.here(null);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(places()).toEqual([3, null]);
  });

  it('is nobody’s business in a private frame', async () => {
    const other = new FakeTable();
    const frame = new Client(other.transport(), 'frame/k/1');
    await settle();
    frame.here(at(3));
    await vi.advanceTimersByTimeAsync(6_000);
    expect(other.sent('here')).toEqual([]);
    frame.dispose();
  });
});

describe('others', () => {
  const peers: Peer[] = [
    { key: '1', user: { ...BO, color: '#1f77b4' }, place: { rid: 4, column: 1 } },
    { key: '2', user: { ...CY, color: '#1f77b4' }, kernel: true }
  ];

  it('are known with their places until the connection breaks', () => {
    table.tell({ type: 'present', peers });
    expect(session.state.peers.map(({ key, place }) => [key, place?.rid])).toEqual([
      ['1', 4],
      ['2', undefined]
    ]);
    table.cut();
    expect(session.state.peers).toEqual([]);
  });

  it('have colours of their own here, whichever they came with', () => {
    table.tell({ type: 'present', peers });
    const [bo, cy] = session.state.peers.map(({ user }) => user.color);
    expect(bo).toBe('#1f77b4');
    expect(cy).not.toBe(bo);
    expect(session.state.user?.color).toMatch(/^#/);
  });
});

describe('a cell that somebody else changed', () => {
  it('tells who it was and what was there before', () => {
    table.write(5, 0, 7);
    expect(session.touch(5, 0)).toMatchObject({ user: { id: 'bo' }, own: false, before: 50 });
    expect(session.touch(4, 0)).toBeUndefined();
    expect(news).toEqual([expect.objectContaining({ kind: 'changed', spots: [{ row: 5, column: 0 }] })]);
  });

  it('is nobody else’s any more once this user writes it', async () => {
    table.write(5, 0, 7);
    await session.type(5, 0, '8');
    expect(session.touch(5, 0)).toBeUndefined();
  });

  it('is told apart from what others did at the same time', () => {
    const cells = [{ column: 0, rows: [1, 2, 3], values: [1, 2, 3], by: [1, 0, 2] }];
    patch({ user: CY, users: [BO, CY, ME], cells });
    expect([1, 2, 3].map(row => session.touch(row, 0)?.user.id)).toEqual(['cy', 'bo', undefined]);
    expect(news.map(one => (one.kind === 'changed' ? one.user.id : ''))).toEqual(['cy', 'bo']);
  });

  it('may be this user’s own work elsewhere', () => {
    patch({ user: ME, from_ch: 'another', cells: [{ column: 0, rows: [1], values: [1] }] });
    expect(session.touch(1, 0)).toMatchObject({ own: true });
  });

  it('is not marked in a private frame, where code does most of it', async () => {
    const other = new FakeTable();
    const frame = new Client(other.transport(), 'frame/k/1');
    await settle();
    frame.ensure(0, 30, [0]);
    await settle();
    other.write(5, 0, 7);
    expect(frame.cell(5, 0)?.value).toBe(7);
    expect(frame.touch(5, 0)).toBeUndefined();
    frame.dispose();
  });
});

describe('what this user wrote', () => {
  const lost = () => news.flatMap(one => (one.kind === 'lost' ? one.losses : []));

  it('is told as lost when somebody writes over it within a minute, once', async () => {
    await session.type(5, 0, '8');
    await vi.advanceTimersByTimeAsync(50_000);
    table.write(5, 0, 9);
    table.write(5, 0, 10);
    expect(lost()).toEqual([expect.objectContaining({ rid: 5, column: 0, mine: 8, theirs: 9, rev: 2 })]);
  });

  it('is an old edit like any other after a minute, and not lost where both wrote the same', async () => {
    await session.type(5, 0, '8');
    await session.type(6, 0, '8');
    table.write(6, 0, 8);
    await vi.advanceTimersByTimeAsync(61_000);
    table.write(5, 0, 9);
    expect(lost()).toEqual([]);
  });

  it('and was still on its way counts as lost only if the other was stored after it', async () => {
    table.hold.add('ack');
    void session.type(5, 0, '8');
    await settle();
    table.write(5, 0, 9);
    table.release();
    expect(lost()).toEqual([expect.objectContaining({ mine: 8, theirs: 9 })]);
    news.length = 0;
    table.write(6, 0, 9);
    await session.type(6, 0, '8');
    expect(lost()).toEqual([]);
  });

  it('is written again under the condition that nobody has changed it since', async () => {
    const block = { columns: [0], rows: [5], values: [[8]] };
    await session.apply({ kind: 'set_cells', blocks: [block], input: 'value' }, { rev: 2 });
    expect(table.sent('op')[0]).toMatchObject({ if: { rev: 2 } });
  });
});

describe('rights', () => {
  it('that change are told, and what is not sent yet is kept', async () => {
    table.hold.add('ack').add('patch');
    const outcome = session.type(5, 0, '8');
    await settle();
    table.role = 'viewer';
    table.readOnly = 'Ann lets you look at this table only.';
    table.tell({ type: 'reset', reason: 'rights' });
    await settle();
    expect(session.state).toMatchObject({ role: 'viewer', readOnly: 'Ann lets you look at this table only.' });
    expect(news).toContainEqual({ kind: 'rights', readOnly: 'Ann lets you look at this table only.' });
    table.release();
    expect(await outcome).toMatchObject({ ok: true });
  });

  it('that stay as they were are not told after a new connection', async () => {
    table.cut();
    table.mend();
    await settle();
    expect(news).toEqual([]);
  });
});

describe('a table without room', () => {
  it('is sent the same operations again until it takes them', async () => {
    table.hold.add('ack').add('patch');
    const outcome = session.type(5, 0, '8');
    await settle();
    table.tell({ type: 'nack', seq: 1, code: 'BUSY', message: 'Too much waits.' });
    expect(session.state.unsaved).toBe(1);
    await vi.advanceTimersByTimeAsync(150);
    expect(table.sent('op').map(({ seq }) => seq)).toEqual([1, 1]);
    table.release();
    expect(await outcome).toMatchObject({ ok: true });
  });
});
