/**
 * The client replays the recorded conversations that the Python client replays too (tests/protocol/test_traces.py).
 *
 * Each step has events, what the client sends because of them, and the operations that end by them. Only what is about
 * operations is compared, and only the fields that are written down.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Answer, Condition, Op, Request, Schema } from '../../labextension/src/protocol';
import type { Outcome } from '../../labextension/src/session/api';
import { Client } from '../../labextension/src/session/client';
import { passingSeat } from '../../labextension/src/session/seat';
import type { Frame } from '../../labextension/src/transport/transport';
import { settle } from './table';

type Event =
  | { open: boolean }
  | { submit: string; op: Op; if?: Condition; times?: number }
  | { hear: { type: string } & Record<string, unknown> }
  | { change: [since: number, rev: number] }
  | { wait: number };
type Sent = { type: string; seqs?: [number, number] } & Record<string, unknown>;

interface Step {
  events: Event[];
  sent: Sent[];
  ends?: Record<string, { ok: boolean; code?: string; rev?: number }>;
  unsaved?: number;
}

interface Trace {
  about: string;
  steps: Step[];
}

const FOLDER = join(import.meta.dirname, '../protocol/traces');
const SCHEMA: Schema = { columns: [{ id: 0, name: 'qty', kind: 'integer', dtype: 'int64' }], dtypes: [] };
const ANN = { id: 'ann', name: 'Ann' };
const WELCOME = { name: 'sales', rows: 4, schema: SCHEMA, user: ANN, role: 'editor' };
const COMPARED = new Set(['hello', 'op', 'bye']);

const traces = readdirSync(FOLDER).map(file => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Trace);

class Replay {
  private readonly seat = passingSeat();
  private readonly log: Request[] = [];
  private readonly ended = new Map<string, Outcome>();
  private frame: (frame: Frame) => void = () => undefined;
  private open: (open: boolean) => void = () => undefined;
  readonly client = new Client(
    {
      send: message => this.log.push(message),
      onFrame: listener => {
        this.frame = listener;
      },
      onOpen: listener => {
        this.open = listener;
        listener(false);
      },
      dispose: () => undefined
    },
    'table/sales',
    {},
    this.seat
  );

  async play({ events, sent, ends = {}, unsaved }: Step): Promise<void> {
    for (const event of events) {
      await this.happen(event);
    }
    const said = this.log.splice(0).filter(({ type }) => COMPARED.has(type));
    const expected = sent.flatMap(({ seqs, ...one }) =>
      seqs ? Array.from({ length: seqs[1] - seqs[0] + 1 }, (_, i) => ({ ...one, seq: seqs[0] + i })) : [one]
    );
    expect(said).toMatchObject(expected);
    const outcomes = [...this.ended].map(([ticket, outcome]) => [ticket, flat(outcome)]);
    expect(Object.fromEntries(outcomes)).toMatchObject(ends);
    expect(Object.keys(ends).sort()).toEqual([...this.ended.keys()].sort());
    this.ended.clear();
    expect(this.client.state.unsaved).toBe(unsaved ?? this.client.state.unsaved);
  }

  private async happen(event: Event): Promise<void> {
    if ('open' in event) {
      this.open(event.open);
    } else if ('submit' in event) {
      for (let time = 0; time < (event.times ?? 1); time++) {
        void this.client.apply(event.op, event.if).then(outcome => event.times || this.ended.set(event.submit, outcome));
      }
    } else if ('hear' in event) {
      this.hear({ ...(event.hear.type === 'welcome' ? WELCOME : {}), ...event.hear });
    } else if ('change' in event) {
      const [since, rev] = event.change;
      this.hear({ type: 'patch', rev, user: { id: 'bo', name: 'Bo' }, kind: 'set_cells', since: since + 1 });
    } else {
      await vi.advanceTimersByTimeAsync(event.wait * 1000);
    }
    await settle();
  }

  private hear(message: object): void {
    this.frame({ message: { ...message, ch: this.seat.ch } as Answer });
  }
}

function flat(outcome: Outcome): object {
  return outcome.ok ? { ok: true, rev: outcome.rev } : { ok: false, code: outcome.nack.code };
}

let replay: Replay;

beforeEach(() => {
  vi.useFakeTimers();
  replay = new Replay();
});

afterEach(() => {
  replay.client.dispose();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test.each(traces)('$about', async ({ steps }) => {
  for (const step of steps) {
    await replay.play(step);
  }
});
