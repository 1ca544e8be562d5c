import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { News } from '../../labextension/src/session/api';
import { type Claim, type Claims, Leases } from '../../labextension/src/session/claims';
import { Client } from '../../labextension/src/session/client';
import type { Left, Shelf } from '../../labextension/src/session/pending';
import type { Seat } from '../../labextension/src/session/seat';
import { Seats } from '../../labextension/src/session/seats';
import { BO, FakeTable, settle } from './table';

const ANNS = { place: 'http://lab/', user: 'ann', table: 'table/sales' };

/** What a browser stores, in memory. */
class Memory implements Shelf {
  readonly left = new Map<string, Left>();
  full = false;

  async list(): Promise<Left[]> {
    return structuredClone([...this.left.values()]);
  }

  async write(left: Left): Promise<void> {
    if (this.full) {
      throw new Error('The disk is full.');
    }
    this.left.set(left.ch, structuredClone(left));
  }

  async drop(ch: string): Promise<void> {
    this.left.delete(ch);
  }
}

/** The names that the pages of one browser hold; `crash` lets go of a page's. */
class Held implements Claims {
  readonly names = new Set<string>();

  async take(name: string): Promise<Claim | null> {
    if (this.names.has(name)) {
      return null;
    }
    this.names.add(name);
    return { release: () => this.names.delete(name), onLost: () => undefined };
  }

  crash(): void {
    this.names.clear();
  }
}

const shelf = { current: new Memory() };
const held = { current: new Held() };
const clients: Client[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  shelf.current = new Memory();
  held.current = new Held();
});

afterEach(() => {
  clients.splice(0).forEach(client => client.dispose());
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

const seats = () => new Seats(shelf.current, held.current);

async function open(table: FakeTable, seat?: Seat): Promise<{ client: Client; news: News[]; seat: Seat }> {
  table.role = 'editor';
  const taken = seat ?? (await seats().take(ANNS));
  const client = new Client(table.transport(), 'table/sales', {}, taken);
  const news: News[] = [];
  client.onNews(one => news.push(one));
  clients.push(client);
  await settle();
  client.ensure(0, 30, [0, 1]);
  await settle();
  return { client, news, seat: taken };
}

/** Nobody hears the table any more. */
function sever(table: FakeTable): void {
  const dead = table.transport();
  dead.onFrame(() => undefined);
  dead.onOpen(() => undefined);
}

/** The page is gone without a word: what it holds in memory is lost. */
function crash(table: FakeTable): void {
  sever(table);
  clients.length = 0;
  held.current.crash();
  vi.clearAllTimers();
}

describe('what is not saved when a page is gone', () => {
  it('is sent by the next one on the same channel under the same numbers, and applied once', async () => {
    const table = new FakeTable();
    const first = await open(table);
    await first.client.type(1, 0, '11');
    table.lose.add('ack').add('patch');
    void first.client.type(2, 0, '22');
    await settle();
    table.cut();
    void first.client.type(3, 0, '33');
    await settle();
    crash(table);
    table.lose.clear();
    table.mend();
    const { client, news, seat } = await open(table);
    expect(seat.ch).toBe(first.seat.ch);
    expect(table.sent('op').map(({ seq }) => seq)).toEqual([1, 2, 2, 3]);
    expect(table.rev).toBe(3);
    expect([1, 2, 3].map(rid => table.rows.get(rid)?.[0])).toEqual([11, 22, 33]);
    expect(news).toEqual([{ kind: 'taken', saved: 2, refused: [] }]);
    expect(client.state.unsaved).toBe(0);
    await settle();
    expect(shelf.current.left.size).toBe(0);
    expect(await client.type(4, 0, '44')).toMatchObject({ ok: true });
    expect(table.sent('op').at(-1)?.seq).toBe(4);
  });

  it('shows in its cells until it is saved', async () => {
    const table = new FakeTable();
    const { client } = await open(table);
    table.cut();
    void client.type(3, 0, '33');
    await settle();
    crash(table);
    table.mend();
    table.hold.add('ack').add('patch');
    const again = await open(table);
    expect(again.client.cell(3, 0)).toMatchObject({ state: 'pending', text: '33' });
    expect(again.client.state.unsaved).toBe(1);
    table.release();
    expect(again.client.cell(3, 0)).toEqual({ value: 33, state: 'stored' });
  });

  it('is told with its reason if it is refused', async () => {
    const table = new FakeTable();
    const { client } = await open(table);
    table.cut();
    void client.type(3, 0, 'abc');
    void client.type(4, 0, '44');
    await settle();
    crash(table);
    table.mend();
    const again = await open(table);
    expect(again.news).toEqual([{ kind: 'taken', saved: 1, refused: [expect.objectContaining({ code: 'TYPE' })] }]);
    expect(again.client.cell(3, 0)).toMatchObject({ state: 'rejected', text: 'abc' });
  });

  it('is kept too when the grid is closed in order', async () => {
    const table = new FakeTable();
    const { client } = await open(table);
    table.cut();
    const outcome = client.type(3, 0, '33');
    await settle();
    client.dispose();
    sever(table);
    expect(await outcome).toMatchObject({ ok: false });
    await settle();
    expect([...shelf.current.left.values()].map(({ waiting }) => waiting.length)).toEqual([1]);
    table.mend();
    await open(table);
    expect(table.rows.get(3)?.[0]).toBe(33);
  });

  it('never reaches a table that was built anew', async () => {
    const table = new FakeTable();
    const { client } = await open(table);
    table.cut();
    void client.type(3, 0, '33');
    await settle();
    crash(table);
    Object.assign(table, { epoch: 'e2', rev: 0, last: 0 });
    table.mend();
    const { news } = await open(table);
    expect(table.sent('op')).toEqual([]);
    expect(news).toMatchObject([{ kind: 'taken', saved: 0, refused: [{ code: 'CONFLICT' }] }]);
  });

  it('is never sent as somebody else', async () => {
    const table = new FakeTable();
    const { client } = await open(table);
    table.cut();
    void client.type(3, 0, '33');
    await settle();
    crash(table);
    table.user = BO;
    table.mend();
    const { client: bos } = await open(table);
    expect(bos.state).toMatchObject({ connection: 'gone', notice: expect.stringContaining('signed in as Bo') });
    expect(table.sent('op')).toEqual([]);
    expect(shelf.current.left.size).toBe(1);
  });
});

describe('channels', () => {
  it('of two pages are never the same', async () => {
    const table = new FakeTable();
    const first = await open(table);
    table.cut();
    void first.client.type(3, 0, '33');
    await settle();
    const second = await open(new FakeTable());
    expect(second.seat.ch).not.toBe(first.seat.ch);
    expect(second.seat.waiting).toEqual([]);
  });

  it('that other pages have left are found for all tables of this user and this server only', async () => {
    const left = { ch: 'a'.repeat(32), epoch: 'e1', last: 3, time: Date.now() };
    const waiting = [{ seq: 3, op: { kind: 'undo' as const }, base: 0, view: null, condition: null, cells: [], keep: false }];
    const others = [{ table: 'table/other' }, { user: 'bo' }, { place: 'http://else/' }];
    for (const [i, more] of others.entries()) {
      await shelf.current.write({ ...left, ...ANNS, ...more, ch: `${i}`.repeat(32), waiting });
    }
    const { place, user } = ANNS;
    expect((await seats().rest({ place, user })).map(([table, { last }]) => [table, last])).toEqual([['table/other', 3]]);
    expect(await seats().rest({ place, user })).toEqual([]);
  });

  it('with nothing unsaved leave nothing behind', async () => {
    const { client } = await open(new FakeTable());
    await client.type(3, 0, '33');
    await settle();
    client.dispose();
    await settle();
    expect(shelf.current.left.size).toBe(0);
    expect(held.current.names.size).toBe(0);
  });

  it('last as long as the page where the browser stores nothing', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    shelf.current.full = true;
    const table = new FakeTable();
    const { client } = await open(table);
    expect(await client.type(3, 0, '33')).toMatchObject({ ok: true });
    expect(table.rows.get(3)?.[0]).toBe(33);
  });
});

describe('names held without the browser’s locks', () => {
  const take = async (leases: Leases, name = 'x'): Promise<Claim | null> => {
    const taking = leases.take(name);
    await vi.advanceTimersByTimeAsync(100);
    return taking;
  };

  beforeEach(() => localStorage.clear());

  it('are one page’s until it gives them back', async () => {
    const [one, two] = [new Leases(localStorage), new Leases(localStorage)];
    const claim = await take(one);
    expect(await take(two)).toBeNull();
    claim?.release();
    const next = await take(two);
    expect(next).not.toBeNull();
    next?.release();
  });

  it('are one page’s even if both ask at once', async () => {
    const claims = await Promise.all([take(new Leases(localStorage)), take(new Leases(localStorage))]);
    expect(claims.filter(claim => claim !== null).length).toBe(1);
    claims.forEach(claim => claim?.release());
  });

  it('are renewed while their page lives, and free some time after it died', async () => {
    const claim = await take(new Leases(localStorage));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await take(new Leases(localStorage))).toBeNull();
    const now = Date.now();
    vi.clearAllTimers();
    vi.setSystemTime(now + 200_000);
    const heir = await take(new Leases(localStorage));
    expect(heir).not.toBeNull();
    heir?.release();
    claim?.release();
  });

  it('that were taken over while their page slept are told as lost', async () => {
    const claim = await take(new Leases(localStorage));
    const lost = vi.fn();
    claim?.onLost(lost);
    vi.setSystemTime(Date.now() + 200_000);
    const heir = await take(new Leases(localStorage));
    document.dispatchEvent(new Event('visibilitychange'));
    expect(lost).toHaveBeenCalledOnce();
    heir?.release();
  });
});
