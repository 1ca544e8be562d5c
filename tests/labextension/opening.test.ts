import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../../labextension/src/session/client';
import { FakeTable, settle } from './table';

let table: FakeTable;
let session: Client;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  session.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('before the table has answered', () => {
  it('asks for the first rows along with hello, and once more if they do not come', async () => {
    table = new FakeTable();
    table.lose.add('window');
    session = new Client(table.transport(), 'frame/k/1');
    await settle();
    expect(table.sent('hello')[0]?.first).toMatchObject({ rows: 128, columns: 32 });
    expect(table.sent('fetch').filter(({ start }) => start === 0)).toEqual([]);
    table.lose.clear();
    await vi.advanceTimersByTimeAsync(12_000);
    expect(table.sent('fetch').filter(({ start }) => start === 0)).toHaveLength(1);
    expect(session.cell(0, 1)).toEqual({ value: 'row 0', state: 'stored' });
  });

  it('asks for no first rows where only some columns are shown', async () => {
    table = new FakeTable();
    session = new Client(table.transport(), 'frame/k/1', { columns: [1] });
    await settle();
    expect(table.sent('hello')[0]?.first).toBeUndefined();
    expect(table.sent('fetch')[0]).toMatchObject({ start: 0, columns: [1] });
  });

  it('shows at once what came with the widget, and fetches none of it', async () => {
    table = new FakeTable();
    session = new Client(table.transport(), 'frame/k/1', {}, undefined, table.greeting());
    expect(session.state).toMatchObject({ connection: 'connecting', name: 'sales', rows: 1000 });
    expect(session.cell(99, 1)).toEqual({ value: 'row 99', state: 'stored' });
    const edit = session.type(0, 1, 'typed before the table was met');
    const { schema } = session.state;
    await settle();
    expect((await edit).ok).toBe(true);
    session.ensure(0, 30, [0, 1]);
    await settle();
    expect(session.state.connection).toBe('open');
    expect(session.state.schema).toBe(schema);
    expect(session.cell(0, 1)).toEqual({ value: 'typed before the table was met', state: 'stored' });
    expect(table.sent('fetch').filter(({ start }) => start === 0)).toEqual([]);
  });

  it('takes the rows of the table for those that came with the widget once they differ', async () => {
    table = new FakeTable();
    const greeting = table.greeting();
    table.write(3, 1, 'newer', false);
    session = new Client(table.transport(), 'frame/k/1', {}, undefined, greeting);
    session.ensure(0, 30, [0, 1]);
    expect(session.cell(3, 1)?.value).toBe('row 3');
    await settle();
    expect(session.cell(3, 1)?.value).toBe('newer');
    expect(session.cell(4, 1)?.value).toBe('row 4');
  });

  it('forgets what came with the widget where the table was built anew', async () => {
    table = new FakeTable();
    const greeting = table.greeting();
    table.epoch = 'e2';
    table.order = [5, 6];
    session = new Client(table.transport(), 'frame/k/1', {}, undefined, greeting);
    session.ensure(0, 30, [0, 1]);
    await settle();
    expect(session.state.rows).toBe(2);
    expect(session.cell(0, 1)?.value).toBe('row 5');
    expect(session.cell(2, 1)).toBeUndefined();
  });
});
