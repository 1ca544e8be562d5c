import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../../labextension/src/session/client';
import { FakeTable, settle } from './table';

let table: FakeTable;
let session: Client;

beforeEach(async () => {
  vi.useFakeTimers();
  table = new FakeTable();
  session = new Client(table.transport(), 'frame/k/1');
  await settle();
  session.ensure(0, 30, [0, 1]);
  await settle();
});

afterEach(() => {
  session.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

describe('a broken connection', () => {
  it('is told, and what is here stays readable', () => {
    table.cut();
    expect(session.state.connection).toBe('offline');
    expect(session.state.notice).toContain('Your edits are kept');
    expect(session.cell(5, 0)?.value).toBe(50);
  });

  it('keeps edits and sends them when it is back', async () => {
    table.cut();
    const outcome = session.type(5, 0, '1');
    expect(session.cell(5, 0)).toMatchObject({ state: 'pending', text: '1' });
    expect(session.state.unsaved).toBe(1);
    table.mend();
    expect(await outcome).toMatchObject({ ok: true });
    expect(table.rows.get(5)?.[0]).toBe(1);
    expect(session.state).toMatchObject({ connection: 'open', notice: '', unsaved: 0 });
  });

  it('that lost an acknowledgement resends the operation under its number, and it is applied once', async () => {
    table.lose.add('ack').add('patch');
    const outcome = session.type(5, 0, '1');
    await settle();
    expect(table.rev).toBe(1);
    table.cut();
    table.lose.clear();
    table.mend();
    expect(await outcome).toMatchObject({ ok: true, rev: 1 });
    expect(table.sent('op').map(({ seq }) => seq)).toEqual([1, 1]);
    expect(table.rev).toBe(1);
    expect(session.cell(5, 0)).toEqual({ value: 1, state: 'stored' });
    expect(await session.type(6, 0, '2')).toMatchObject({ ok: true });
    expect(table.sent('op').at(-1)?.seq).toBe(2);
  });

  it('with many edits under way loses none and doubles none', async () => {
    table.lose.add('ack');
    const outcomes = Array.from({ length: 20 }, (_, i) => session.type(i, 0, String(i)));
    await settle();
    table.cut();
    outcomes.push(...Array.from({ length: 20 }, (_, i) => session.type(i, 1, `t${i}`)));
    table.lose.clear();
    table.mend();
    expect((await Promise.all(outcomes)).every(({ ok }) => ok)).toBe(true);
    expect(table.rev).toBe(40);
    expect([...Array(20).keys()].map(i => table.rows.get(i))).toEqual([...Array(20).keys()].map(i => [i, `t${i}`]));
  });

  it('brings what others wrote meanwhile', async () => {
    table.cut();
    table.write(5, 1, 'meanwhile', false);
    table.mend();
    await settle();
    expect(session.cell(5, 1)?.value).toBe('meanwhile');
  });

  it('keeps the view, and asks no window of another order', async () => {
    await session.setView({ sort: [{ column: 0, descending: true }] });
    await settle();
    expect(session.cell(0, 0)?.value).toBe(9990);
    table.cut();
    const before = table.log.length;
    table.mend();
    await settle();
    expect(session.cell(0, 0)?.value).toBe(9990);
    const after = table.log.slice(before).map(({ type }) => type);
    expect(after.indexOf('sub')).toBeLessThan(after.indexOf('fetch'));
  });

  it('asks questions again that had no answer', async () => {
    table.lose.add('stats');
    const stats = session.stats([{ start: 0, stop: 1, columns: [0] }]);
    await settle();
    table.cut();
    table.lose.clear();
    table.mend();
    expect(await stats).toMatchObject({ sum: '7' });
  });
});

describe('a table that was built anew', () => {
  it('refuses edits that never arrived instead of writing them into rows that may be others', async () => {
    table.cut();
    const outcome = session.type(5, 0, '1');
    table.epoch = 'e2';
    table.rev = 0;
    table.last = 0;
    table.mend();
    expect(await outcome).toMatchObject({ ok: false, nack: { code: 'CONFLICT' } });
    await settle();
    expect(table.rows.get(5)?.[0]).toBe(50);
    expect(session.cell(5, 0)).toEqual({ value: 50, state: 'stored' });
    expect(await session.type(5, 0, '2')).toMatchObject({ ok: true });
  });

  it('has its cells fetched anew after a reset', async () => {
    table.epoch = 'e2';
    table.rows.set(5, [1, 'other']);
    table.tell({ type: 'reset', reason: 'epoch' });
    await settle();
    expect(session.state.connection).toBe('open');
    expect(session.cell(5, 1)?.value).toBe('other');
  });
});

describe('a table that forgot this client', () => {
  it('is given the numbers it expects', async () => {
    await session.type(1, 0, '1');
    table.cut();
    const outcome = session.type(2, 0, '2');
    table.last = 0;
    (table as unknown as { answers: Map<number, unknown> }).answers.clear();
    table.mend();
    expect(await outcome).toMatchObject({ ok: true });
    expect(table.sent('op').at(-1)?.seq).toBe(1);
    expect(await session.type(3, 0, '3')).toMatchObject({ ok: true });
  });
});

describe('a table that counts otherwise', () => {
  it('is asked once to agree; then the operation is refused instead of going round for ever', async () => {
    table.last = 5;
    const outcome = session.type(1, 0, '1');
    await settle();
    expect(await outcome).toMatchObject({ ok: false, nack: { code: 'BAD_SEQ' } });
    expect(table.sent('hello').length).toBe(2);
  });
});

describe('a table that is gone', () => {
  it('says why, refuses edits and questions, and is called now and then', async () => {
    const stats = session.stats([{ start: 0, stop: 1, columns: [0] }]);
    table.tell({ type: 'gone', reason: 'kernel', message: 'The kernel stopped. Run the cell again.' });
    expect(session.state).toMatchObject({ connection: 'gone', notice: 'The kernel stopped. Run the cell again.' });
    await expect(stats).rejects.toMatchObject({ code: 'OFFLINE' });
    expect(await session.type(1, 0, '1')).toMatchObject({ ok: false, nack: { code: 'OFFLINE' } });
    await expect(session.copy({ start: 0, stop: 1, columns: [0] }, false)).rejects.toMatchObject({ code: 'OFFLINE' });
    await vi.advanceTimersByTimeAsync(1_500);
    expect(session.state.connection).toBe('open');
  });

  it('offers what can be done about it, until it is back', async () => {
    const run = vi.fn();
    const other = new FakeTable();
    const scoped = new Client(other.transport(), 'frame/k/1', { remedy: () => ({ label: 'Run again', run }) });
    await settle();
    expect(scoped.state.remedy ?? null).toBeNull();
    other.tell({ type: 'gone', reason: 'kernel', message: 'The kernel stopped.' });
    await scoped.state.remedy?.run();
    expect(run).toHaveBeenCalledOnce();
    await vi.advanceTimersByTimeAsync(1_500);
    expect(scoped.state).toMatchObject({ connection: 'open', remedy: null });
    other.tell({ type: 'gone', reason: 'variable', message: 'It was deleted.' });
    expect(scoped.state.remedy).toBeNull();
    scoped.dispose();
  });

  it('because its variable was deleted refuses what was not saved', async () => {
    table.hold.add('ack').add('patch');
    const outcome = session.type(1, 0, '1');
    table.tell({ type: 'gone', reason: 'variable', message: 'sales was deleted.' });
    expect(await outcome).toMatchObject({ ok: false, nack: { code: 'NO_TABLE', message: 'sales was deleted.' } });
  });
});

describe('a view', () => {
  it('takes effect as a whole: rows, order, and edits that name view rows', async () => {
    const done = session.setView({ sort: [{ column: 0, descending: true }], search: '9' });
    expect(session.state).toMatchObject({ busy: true, view: { search: '9' } });
    await done;
    await settle();
    expect(session.state).toMatchObject({ busy: false, total: 1000 });
    expect(session.state.rows).toBeLessThan(1000);
    expect(session.rid(0)).toBe(999);
    const outcome = await session.apply({ kind: 'set_cells', blocks: [{ columns: [0], values: [['1']], start: 0, stop: 2 }] });
    expect(outcome).toMatchObject({ ok: true, cells: 2 });
    expect(table.rows.get(998)?.[0]).toBe(1);
    await session.type(1, 1, 'second');
    expect(table.rows.get(998)?.[1]).toBe('second');
  });

  it('discards windows that were asked for under the old one', async () => {
    table.hold.add('window');
    session.ensure(500, 530, [0, 1]);
    await settle();
    const done = session.setView({ sort: [{ column: 0, descending: true }] });
    await settle();
    await done;
    table.release();
    await settle();
    expect(session.rid(500)).toBe(499);
    expect(session.cell(500, 0)?.value).toBe(4990);
  });

  it('draws the old cells until the new ones come, but for a moment only, and does not let them be edited', async () => {
    table.hold.add('window');
    await session.setView({ sort: [{ column: 0, descending: true }] });
    expect(session.cell(0, 0)?.value).toBe(0);
    expect(session.rid(0)).toBeUndefined();
    const outcome = session.type(0, 0, '1');
    await vi.advanceTimersByTimeAsync(200);
    expect(session.cell(0, 0)).toBeUndefined();
    table.release();
    expect(await outcome).toMatchObject({ ok: true });
    expect(table.rows.get(0)?.[0]).toBe(0);
    expect(table.rows.get(999)?.[0]).toBe(1);
  });

  it('that is newer wins, and all who waited are told', async () => {
    table.hold.add('subbed');
    const first = session.setView({ search: '1' });
    const second = session.setView({ search: '12' });
    await settle();
    table.release();
    await Promise.all([first, second]);
    expect(session.state).toMatchObject({ busy: false, view: { search: '12' } });
    await settle();
    expect(session.rid(0)).toBe(12);
  });

  it('that is refused leaves the one in force', async () => {
    await session.setView({ search: '12' });
    const refused = session.setView({ filter: [{ is: 'expression', sql: 'nonsense' }] });
    await expect(refused).rejects.toMatchObject({ message: 'That is not SQL.' });
    expect(session.state).toMatchObject({ busy: false, view: { search: '12', filter: [] } });
    await settle();
    expect(session.rid(0)).toBe(12);
  });

  it('that no longer matches the values says so until it is refreshed', async () => {
    await session.setView({ search: '12' });
    table.rev += 1;
    table.tell({ type: 'patch', rev: table.rev, user: { id: 'bo', name: 'Bo' }, kind: 'set_cells', stale: true });
    expect(session.state.stale).toBe(true);
    await session.refreshView();
    expect(session.state.stale).toBe(false);
  });
});

describe('questions', () => {
  it('that are refused reject with the reason', async () => {
    await expect(session.code('pandas')).rejects.toMatchObject({ code: 'TOO_LARGE', message: 'Too much code.', hint: 'Less.' });
  });

  it('without an answer reject after a while', async () => {
    table.lose.add('stats');
    const stats = session.stats([{ start: 0, stop: 1, columns: [0] }]);
    const refused = expect(stats).rejects.toMatchObject({ code: 'CANCELLED' });
    await vi.advanceTimersByTimeAsync(61_000);
    await refused;
  });
});

describe('profiles', () => {
  it('are asked once a column, and again a while after its values changed', async () => {
    session.profile([0, 1]);
    session.profile([0, 1]);
    await settle();
    expect([...session.state.profiles.keys()]).toEqual([0, 1]);
    expect(table.sent('ask_profile').length).toBe(1);
    table.write(1, 0, 5);
    table.write(2, 0, 5);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(table.sent('ask_profile').map(({ columns }) => columns)).toEqual([[0, 1], [0]]);
  });

  it('are asked again after values changed that are not here', async () => {
    session.profile([0, 1]);
    await settle();
    table.writeElsewhere(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(table.sent('ask_profile').map(({ columns }) => columns)).toEqual([[0, 1], [1]]);
  });
});

describe('closing', () => {
  it('leaves no promise without an end', async () => {
    table.hold.add('ack').add('stats').add('window').add('subbed');
    const outcome = session.type(1, 0, '1');
    const stats = session.stats([{ start: 0, stop: 1, columns: [0] }]);
    const loaded = session.load(500, 501, [0]);
    const view = session.setView({ search: 'x' });
    const far = session.type(900, 0, '1');
    session.dispose();
    expect(await outcome).toMatchObject({ ok: false, nack: { code: 'CANCELLED' } });
    expect(await far).toMatchObject({ ok: false });
    await expect(stats).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(loaded).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(view).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(table.sent('bye').length).toBe(1);
    expect(table.disposed).toBe(true);
    await expect(session.find({ text: 'x' })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await session.undo()).toMatchObject({ ok: false });
  });
});

describe('a grid of its own scope', () => {
  it('that is for looking only refuses edits, and says so', async () => {
    const other = new FakeTable();
    const scoped = new Client(other.transport(), 'frame/k/1', { readOnly: true });
    await settle();
    expect(scoped.state.readOnly).not.toBe('');
    expect(await scoped.type(0, 0, '1')).toMatchObject({ ok: false, nack: { code: 'NOT_EDITABLE' } });
    expect(other.sent('op')).toEqual([]);
    scoped.dispose();
  });

  it('of some columns shows those only', async () => {
    const other = new FakeTable();
    const scoped = new Client(other.transport(), 'frame/k/1', { columns: [1] });
    await settle();
    expect(scoped.state.schema.columns.map(({ id }) => id)).toEqual([1]);
    expect(other.sent('fetch').map(({ columns }) => columns)).toEqual([[1]]);
    scoped.dispose();
  });
});
