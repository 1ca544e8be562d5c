import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Request } from '../../labextension/src/protocol';
import { Choice } from '../../labextension/src/transport/choice';
import { CommTransport } from '../../labextension/src/transport/comm';
import { PageSocket } from '../../labextension/src/transport/socket';
import type { Frame, Transport } from '../../labextension/src/transport/transport';
import { decodeFrame } from '../../labextension/src/transport/wire';

const CH = 'a'.repeat(32);
const OTHER = 'b'.repeat(32);
const bye = (ch: string): Request => ({ type: 'bye', ch });

function bigOp(size: number): Request {
  return {
    type: 'op',
    ch: CH,
    seq: 7,
    base_rev: 0,
    op: { kind: 'set_cells', blocks: [{ columns: [0], values: [['x'.repeat(size)]] }] }
  };
}

class FakeSocket {
  static all: FakeSocket[] = [];
  binaryType = '';
  sent: Request[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;

  constructor() {
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Request);
  }

  close(): void {
    this.closed = true;
  }

  hear(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

function newest(): FakeSocket {
  return FakeSocket.all.at(-1)!;
}

function watch(transport: Transport): { frames: Frame[]; opens: boolean[] } {
  const seen = { frames: [] as Frame[], opens: [] as boolean[] };
  transport.onFrame(frame => seen.frames.push(frame));
  transport.onOpen(open => seen.opens.push(open));
  return seen;
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
});

afterEach(() => {
  vi.useRealTimers();
});

describe('frames', () => {
  it('with a header longer than the frame are refused', () => {
    const data = new ArrayBuffer(8);
    new DataView(data).setUint32(0, 100, true);
    expect(() => decodeFrame(data)).toThrow('says that its header has 100');
  });

  it('of every message type are read as the kernel writes them', () => {
    const file = join(import.meta.dirname, '../protocol/golden/messages.json');
    const { answers } = JSON.parse(readFileSync(file, 'utf8')) as { answers: string[] };
    expect(new Set(answers.map(text => decodeFrame(text).message.type)).size).toBeGreaterThanOrEqual(17);
  });
});

describe("the page's socket", () => {
  let page: PageSocket;

  beforeEach(() => {
    page = new PageSocket(() => new FakeSocket() as unknown as WebSocket);
  });

  it('is one for all channels, and each hears its own', () => {
    const one = page.transport();
    const two = page.transport();
    const [seenByOne, seenByTwo] = [watch(one), watch(two)];
    expect(FakeSocket.all.length).toBe(1);
    newest().onopen?.();
    one.send(bye(CH));
    two.send(bye(OTHER));
    newest().hear({ type: 'pong', ch: OTHER, t: 1 });
    newest().hear({ type: 'pong', ch: 'nobody', t: 1 });
    expect(seenByOne.opens).toEqual([false, true]);
    expect(seenByOne.frames).toEqual([]);
    expect(seenByTwo.frames.map(({ message }) => message.ch)).toEqual([OTHER]);
    one.dispose();
    expect(newest().closed).toBe(false);
    two.dispose();
    expect(newest().closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('reconnects with growing pauses, and at once when the network is back', () => {
    const transport = page.transport();
    const { opens } = watch(transport);
    newest().onopen?.();
    newest().onclose?.();
    expect(opens).toEqual([false, true, false]);
    vi.advanceTimersByTime(400);
    expect(FakeSocket.all.length).toBe(2);
    for (let i = 0; i < 8; i++) {
      newest().onclose?.();
      vi.advanceTimersByTime(13_000);
    }
    expect(FakeSocket.all.length).toBe(10);
    newest().onclose?.();
    vi.advanceTimersByTime(1_000);
    expect(FakeSocket.all.length).toBe(10);
    window.dispatchEvent(new Event('online'));
    expect(FakeSocket.all.length).toBe(11);
    newest().onopen?.();
    expect(opens.at(-1)).toBe(true);
    transport.dispose();
  });

  it('that is silent counts as broken; one that answers pings does not', () => {
    const transport = page.transport();
    const { opens } = watch(transport);
    newest().onopen?.();
    for (let i = 0; i < 6; i++) {
      vi.advanceTimersByTime(10_000);
      newest().hear({ type: 'pong', ch: '', t: 0 });
    }
    expect(newest().sent.filter(({ type }) => type === 'ping').length).toBe(6);
    expect(opens.at(-1)).toBe(true);
    vi.advanceTimersByTime(45_000);
    expect(opens.at(-1)).toBe(false);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
    transport.dispose();
  });

  it('that never opens is given up and dialled again', () => {
    const transport = page.transport();
    watch(transport);
    vi.advanceTimersByTime(45_000);
    expect(FakeSocket.all.length).toBe(2);
    transport.dispose();
  });

  it('refuses an operation that is too large instead of losing it', async () => {
    const transport = page.transport();
    const { frames } = watch(transport);
    newest().onopen?.();
    transport.send(bigOp(33_000_000));
    await Promise.resolve();
    expect(frames[0]?.message).toMatchObject({ type: 'nack', seq: 7, code: 'TOO_LARGE' });
    expect(newest().sent).toMatchObject([{ type: 'op', seq: 7, op: { kind: 'set_cells', blocks: [] } }]);
    transport.dispose();
  });
});

class FakeModel {
  sent: unknown[] = [];
  private readonly listeners = new Map<string, (...args: never[]) => void>();

  get(): unknown {
    return undefined;
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  on(event: string, listener: (...args: never[]) => void): void {
    this.listeners.set(event, listener);
  }

  off(event: string): void {
    this.listeners.delete(event);
  }

  hear(content: unknown, buffers?: unknown[]): void {
    (this.listeners.get('msg:custom') as ((content: unknown, buffers?: unknown[]) => void) | undefined)?.(content, buffers);
  }
}

describe("a widget's messages", () => {
  it('carry requests as content and windows as a buffer', () => {
    const model = new FakeModel();
    const transport = new CommTransport(model);
    const { frames, opens } = watch(transport);
    expect(opens).toEqual([true]);
    transport.send(bye(CH));
    expect(model.sent).toEqual([bye(CH)]);
    model.hear({ type: 'bundle' });
    const window = { type: 'window', ch: CH, re: 1, rev: 0, start: 0, stop: 1 };
    model.hear(window, [new DataView(new ArrayBuffer(16), 3, 5)]);
    expect(frames).toEqual([{ message: window, arrow: new Uint8Array(5) }]);
    transport.dispose();
    model.hear(window);
    expect(frames.length).toBe(1);
  });

  it('refuse an operation that would be lost on the way', async () => {
    const model = new FakeModel();
    const transport = new CommTransport(model);
    const { frames } = watch(transport);
    transport.send(bigOp(4_000_001));
    await Promise.resolve();
    expect(model.sent).toMatchObject([{ type: 'op', seq: 7, op: { kind: 'set_cells', blocks: [] } }]);
    expect(frames[0]?.message).toMatchObject({ type: 'nack', seq: 7, code: 'TOO_LARGE', hint: 'Do it in parts.' });
  });
});

describe('a choice of carriers', () => {
  let first: { hear: (frame: object) => void; open: (open: boolean) => void; disposed: boolean };
  let model: FakeModel;
  let why: string[];
  let choice: Choice;
  let seen: ReturnType<typeof watch>;

  beforeEach(() => {
    first = { hear: () => undefined, open: () => undefined, disposed: false };
    const carrier: Transport = {
      send: () => undefined,
      onFrame: listener => (first.hear = message => listener({ message } as Frame)),
      onOpen: listener => {
        first.open = listener;
        listener(false);
      },
      dispose: () => (first.disposed = true)
    };
    model = new FakeModel();
    why = [];
    choice = new Choice(
      carrier,
      () => new CommTransport(model),
      reason => why.push(reason)
    );
    seen = watch(choice);
  });

  afterEach(() => choice.dispose());

  it('stays with the socket once it reached the table', () => {
    first.open(true);
    first.hear({ type: 'welcome', ch: CH });
    vi.advanceTimersByTime(60_000);
    first.hear({ type: 'gone', ch: CH, reason: 'kernel', message: 'gone' });
    expect(why).toEqual([]);
    expect(seen.frames.length).toBe(2);
  });

  it('moves on when the socket does not open, and says so', () => {
    vi.advanceTimersByTime(5_000);
    expect(why).toEqual(['The server does not answer.']);
    expect(first.disposed).toBe(true);
    expect(seen.opens.at(-1)).toBe(true);
    choice.send(bye(CH));
    expect(model.sent).toEqual([bye(CH)]);
  });

  it('moves on when the server has no route to the table, and passes that on if nobody answers there either', () => {
    first.open(true);
    first.hear({ type: 'gone', ch: CH, reason: 'kernel', message: 'No such kernel.' });
    expect(why).toEqual(['No such kernel.']);
    expect(seen.frames).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(seen.frames.map(({ message }) => message)).toEqual([
      { type: 'gone', ch: CH, reason: 'kernel', message: 'No such kernel.' }
    ]);
  });

  it('does not call a table gone that answers on the second carrier', () => {
    first.open(true);
    first.hear({ type: 'gone', ch: CH, reason: 'kernel', message: 'No such kernel.' });
    model.hear({ type: 'welcome', ch: CH });
    vi.advanceTimersByTime(10_000);
    expect(seen.frames.map(({ message }) => message.type)).toEqual(['welcome']);
  });
});
