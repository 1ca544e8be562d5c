import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../../labextension/src/session/client';
import { FakeTable, settle } from './table';

let table: FakeTable;
let session: Client;

async function begin(count = 1000): Promise<void> {
  table = new FakeTable(count);
  session = new Client(table.transport(), 'frame/k/1');
  await settle();
  session.ensure(0, 30, [0, 1]);
  await settle();
}

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  session.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('opening', () => {
  it('says hello, takes the schema, and fetches the first rows by itself', async () => {
    table = new FakeTable();
    session = new Client(table.transport(), 'frame/k/1');
    expect(session.state.connection).toBe('connecting');
    await settle();
    expect(table.sent('hello')[0]).toMatchObject({ proto: 'tab/1', table: 'frame/k/1', last_seq: 0 });
    expect(session.state).toMatchObject({ connection: 'open', name: 'sales', rows: 1000, total: 1000, user: { id: 'ann' } });
    expect(session.cell(0, 1)).toEqual({ value: 'row 0', state: 'stored' });
  });

  it('tells in words when the kernel does not answer', async () => {
    table = new FakeTable();
    table.lose.add('welcome');
    session = new Client(table.transport(), 'frame/k/1');
    await vi.advanceTimersByTimeAsync(6_000);
    expect(session.state.connection).toBe('connecting');
    expect(session.state.notice).toContain('busy');
  });

  it('says hello again when it was lost', async () => {
    table = new FakeTable();
    table.lose.add('welcome');
    session = new Client(table.transport(), 'frame/k/1');
    await vi.advanceTimersByTimeAsync(6_000);
    table.lose.clear();
    await vi.advanceTimersByTimeAsync(16_000);
    expect(session.state).toMatchObject({ connection: 'open', notice: '' });
  });

  it('says why it was refused, and goes on trying', async () => {
    table = new FakeTable();
    table.lose.add('welcome');
    session = new Client(table.transport(), 'frame/k/1');
    await settle();
    table.tell({ type: 'error', code: 'FORBIDDEN', message: 'You may not.', hint: 'Ask its owner.' });
    expect(session.state).toMatchObject({ connection: 'gone', notice: 'You may not. Ask its owner.' });
    table.lose.clear();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(session.state.connection).toBe('open');
  });
});

describe('windows', () => {
  it('are fetched once, with a margin, and only what is missing', async () => {
    await begin();
    const before = table.sent('fetch').length;
    session.ensure(0, 30, [0, 1]);
    session.ensure(5, 35, [0, 1]);
    await settle();
    expect(table.sent('fetch').length).toBe(before);
    session.ensure(500, 530, [0, 1]);
    await settle();
    expect(session.cell(529, 0)?.value).toBe(5290);
    expect(session.cell(540, 0)?.value).toBe(5400);
    expect(session.cell(100, 0)?.value).toBe(1000);
  });

  it('for what has left the screen are withdrawn when the user scrolls on', async () => {
    await begin(100_000);
    table.hold.add('window');
    for (let row = 2_000; row <= 90_000; row += 2_000) {
      session.ensure(row, row + 30, [0, 1]);
    }
    await settle();
    expect(table.sent('cancel').length).toBeGreaterThan(35);
    table.release();
    await settle();
    expect(session.cell(90_010, 1)?.value).toBe('row 90010');
    expect(session.cell(50_000, 1)).toBeUndefined();
  });

  it('are bounded in number of rows and cover the last row', async () => {
    await begin();
    session.ensure(980, 1040, [0, 1]);
    await settle();
    expect(session.cell(999, 0)?.value).toBe(9990);
    expect(session.cell(1000, 0)).toBeUndefined();
    expect(table.sent('fetch').every(({ stop }) => stop <= 1000)).toBe(true);
  });

  it('resolve whoever waits for them', async () => {
    await begin();
    const loaded = vi.fn();
    void session.load(700, 702, [1]).then(loaded);
    expect(loaded).not.toHaveBeenCalled();
    await settle();
    expect(loaded).toHaveBeenCalledOnce();
    expect(session.cell(701, 1)?.value).toBe('row 701');
  });

  it('that are lost on the way are asked for again', async () => {
    await begin();
    table.lose.add('window');
    session.ensure(500, 530, [0]);
    await settle();
    table.lose.clear();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(session.cell(500, 0)?.value).toBe(5000);
  });

  it('do not bring back what a newer patch replaced', async () => {
    await begin();
    table.hold.add('window');
    session.ensure(500, 530, [0]);
    await settle();
    table.write(500, 0, -1);
    table.release();
    await settle();
    expect(session.cell(500, 0)?.value).toBe(-1);
  });

  it('newer than a late patch are not overwritten by it', async () => {
    await begin();
    table.hold.add('patch');
    table.write(500, 0, 1);
    table.write(500, 0, 2);
    session.ensure(500, 530, [0]);
    await settle();
    expect(session.cell(500, 0)?.value).toBe(2);
    table.release();
    expect(session.cell(500, 0)?.value).toBe(2);
  });

  it('of ten thousand columns are fetched for the visible ones only', async () => {
    table = new FakeTable(10);
    table.columns = Array.from({ length: 10_000 }, (_, id) => ({ id, name: `c${id}`, kind: 'text', dtype: 'str' }));
    session = new Client(table.transport(), 'frame/k/1');
    await settle();
    session.ensure(
      0,
      10,
      Array.from({ length: 20 }, (_, i) => 5_000 + i)
    );
    await settle();
    expect(session.cell(3, 5_010)?.value).toBe('row 3');
    expect(table.sent('fetch').every(({ columns }) => columns.length <= 32)).toBe(true);
  });
});

describe('an edit', () => {
  it('shows as typed at once, and as stored when it is acknowledged', async () => {
    await begin();
    table.hold.add('ack').add('patch');
    const outcome = session.type(2, 0, '007');
    await settle();
    expect(session.cell(2, 0)).toEqual({ value: 20, state: 'pending', text: '007' });
    expect(session.state.unsaved).toBe(1);
    table.release();
    expect(await outcome).toMatchObject({ ok: true, rev: 1, cells: 1 });
    expect(session.cell(2, 0)).toEqual({ value: 7, state: 'stored' });
    expect(session.state).toMatchObject({ unsaved: 0, canUndo: true, rev: 1 });
  });

  it('of the missing value is null, not an empty text', async () => {
    await begin();
    expect(await session.type(2, 0, null)).toMatchObject({ ok: true });
    expect(table.sent('op')[0]?.op).toMatchObject({ blocks: [{ values: [[null]] }] });
    expect(session.cell(2, 0)).toEqual({ value: null, state: 'stored' });
  });

  it('that is refused keeps its text with the reason until it is discarded', async () => {
    await begin();
    const outcome = await session.type(3, 0, 'abc');
    expect(outcome).toMatchObject({ ok: false, nack: { code: 'TYPE' } });
    const rejected = { value: 30, state: 'rejected', text: 'abc', reason: "'abc' is not a whole number.", hint: 'Type digits.' };
    expect(session.cell(3, 0)).toEqual(rejected);
    session.discard(3, 0);
    expect(session.cell(3, 0)).toEqual({ value: 30, state: 'stored' });
  });

  it('typed over a refused one replaces it', async () => {
    await begin();
    await session.type(3, 0, 'abc');
    await session.type(3, 0, '12');
    expect(session.cell(3, 0)).toEqual({ value: 12, state: 'stored' });
  });

  it('that is refused after a newer one was typed leaves the newer', async () => {
    await begin();
    table.hold.add('ack').add('nack').add('patch');
    const first = session.type(3, 0, 'abc');
    const second = session.type(3, 0, '12');
    await settle();
    expect(session.cell(3, 0)).toMatchObject({ state: 'pending', text: '12' });
    table.release();
    expect((await first).ok).toBe(false);
    expect((await second).ok).toBe(true);
    expect(session.cell(3, 0)).toEqual({ value: 12, state: 'stored' });
  });

  it('stays drawn until its value is here when the acknowledgement does not bring it', async () => {
    await begin(3000);
    const rows = Array.from({ length: 1500 }, (_, i) => i);
    table.hold.add('window');
    const outcome = session.apply({ kind: 'set_cells', blocks: [{ columns: [0], values: [['5']], rows }] });
    expect(session.cell(4, 0)).toEqual({ value: 40, state: 'pending', text: '5' });
    expect(await outcome).toMatchObject({ ok: true, cells: 1500 });
    await settle();
    expect(session.cell(4, 0)).toMatchObject({ state: 'pending', text: '5' });
    table.release();
    await settle();
    expect(session.cell(4, 0)).toEqual({ value: 5, state: 'stored' });
  });

  it('of many cells is fetched even where its patch is lost', async () => {
    await begin(3000);
    table.lose.add('patch');
    const rows = Array.from({ length: 1500 }, (_, i) => i);
    await session.apply({ kind: 'set_cells', blocks: [{ columns: [0], values: [['5']], rows }] });
    await settle();
    expect(session.cell(4, 0)).toEqual({ value: 5, state: 'stored' });
  });

  it('of a cell that is not here waits for its row', async () => {
    await begin();
    expect(await session.type(900, 1, 'far')).toMatchObject({ ok: true });
    expect(table.rows.get(900)?.[1]).toBe('far');
  });

  it('is numbered in order, and fifty fast ones to the same and to different cells all end stored', async () => {
    await begin();
    const outcomes = Array.from({ length: 50 }, (_, i) => session.type(i % 10, 0, String(i)));
    expect(session.cell(9, 0)).toMatchObject({ state: 'pending', text: '49' });
    expect((await Promise.all(outcomes)).every(({ ok }) => ok)).toBe(true);
    expect(table.sent('op').map(({ seq }) => seq)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
    for (let row = 0; row < 10; row++) {
      expect(session.cell(row, 0)).toEqual({ value: 40 + row, state: 'stored' });
      expect(table.rows.get(row)?.[0]).toBe(40 + row);
    }
    expect(session.state.unsaved).toBe(0);
  });

  it('beyond sixty-four in flight waits its turn', async () => {
    await begin();
    table.hold.add('ack').add('patch');
    const outcomes = Array.from({ length: 100 }, (_, i) => session.type(i % 10, 0, String(i)));
    await settle();
    expect(table.sent('op').length).toBe(64);
    table.release();
    await settle();
    await Promise.all(outcomes);
    expect(table.sent('op').length).toBe(100);
  });
});

describe('another client', () => {
  it('repaints the cells it changed, and only those', async () => {
    await begin();
    const damage = vi.fn();
    session.onDamage(damage);
    table.write(7, 1, 'by Bo');
    expect(session.cell(7, 1)).toEqual({ value: 'by Bo', state: 'stored' });
    expect(damage.mock.calls).toEqual([[[7, 8]]]);
  });

  it('does not hide what is being typed, and the last write wins', async () => {
    await begin();
    table.hold.add('ack');
    const outcome = session.type(7, 1, 'mine');
    await settle();
    table.write(7, 1, 'by Bo');
    expect(session.cell(7, 1)).toMatchObject({ state: 'pending', text: 'mine' });
    table.release();
    await outcome;
    expect(session.cell(7, 1)).toEqual({ value: 'by Bo', state: 'stored' });
  });

  it('that changes a whole column has it fetched anew, drawn as it was meanwhile', async () => {
    await begin();
    table.hold.add('window');
    table.fill(0, 1);
    expect(session.cell(7, 0)?.value).toBe(70);
    await settle();
    table.release();
    await settle();
    expect(session.cell(7, 0)?.value).toBe(1);
    expect(session.cell(7, 1)?.value).toBe('row 7');
  });

  it('that deletes a row moves the others up, and edits still reach their row', async () => {
    await begin();
    table.remove(3);
    expect(session.state).toMatchObject({ rows: 999, total: 999 });
    expect(session.rid(3)).toBeUndefined();
    await settle();
    expect(session.rid(3)).toBe(4);
    await session.type(3, 0, '1');
    expect(table.rows.get(4)?.[0]).toBe(1);
  });

  it('whose patch was lost does not leave old cells behind', async () => {
    await begin();
    table.write(7, 1, 'lost', false);
    table.write(8, 1, 'told');
    await settle();
    expect(session.cell(7, 1)?.value).toBe('lost');
    expect(session.cell(8, 1)?.value).toBe('told');
  });

  it('whose patch was lost while a window was under way has that window asked for again', async () => {
    await begin();
    table.hold.add('window');
    session.ensure(500, 530, [1]);
    await settle();
    table.lose.add('welcome');
    table.write(500, 1, 'lost', false);
    table.write(8, 1, 'told');
    table.release();
    await settle();
    expect(session.cell(500, 1)?.value).toBe('lost');
  });

  it('that changes the schema replaces columns and forgets the cells of retyped ones', async () => {
    await begin();
    table.columns = [{ ...table.columns[0]!, kind: 'integer', dtype: 'Int64' }, table.columns[1]!];
    table.rev += 1;
    table.tell({
      type: 'patch',
      rev: table.rev,
      user: { id: 'bo', name: 'Bo' },
      kind: 'retype_column',
      schema: { columns: table.columns, dtypes: [] }
    });
    expect(session.column(0)?.dtype).toBe('Int64');
    expect(session.cell(0, 0)).toBeUndefined();
    expect(session.cell(0, 1)?.value).toBe('row 0');
    await settle();
    expect(session.cell(0, 0)?.value).toBe(0);
  });
});
