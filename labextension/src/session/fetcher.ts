/**
 * Decides which windows to ask for: what is visible now comes first, then what somebody waits for, then a margin.
 *
 * Few requests are under way at a time, so that a fast scroll never queues windows that nobody will look at; a request for
 * what has left the screen is withdrawn.
 */
import { decodeRows } from '../arrow';
import type { Fetch } from '../protocol';
import { Refusal } from './refusal';
import type { Asking, Requests } from './requests';
import { BLOCK, type Windows } from './windows';

const MOST_IN_FLIGHT = 2;
const MOST_CELLS = 200_000;
const LEAST_MARGIN = 64;
const MOST_MARGIN = 512;
/** Browsers may drop messages of a flooded kernel: a window that does not come is asked for again. */
const PATIENCE = 8_000;
const PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;

interface Area {
  start: number;
  stop: number;
  columns: number[];
}

interface Flight {
  id: number;
  /** Whether it may be answered by word that what is here is so. */
  known: boolean;
  first: number;
  last: number;
  columns: Set<number>;
  /** What it answers is of another order of rows, and of no use. */
  void: boolean;
}

interface Waiting extends Area {
  resolve: () => void;
  reject: (reason: Refusal) => void;
}

export interface Table {
  readonly ch: string;
  readonly windows: Windows;
  readonly requests: Requests;
  /** Rows in the view. */
  rows(): number;
  knows(column: number): boolean;
  /** Whether the table answers just now. */
  ready(): boolean;
  damage(start: number, stop: number): void;
}

export class Fetcher {
  private wanted: Area = { start: 0, stop: 0, columns: [] };
  private waiting: Waiting[] = [];
  private flights: Flight[] = [];
  private pause: ReturnType<typeof setTimeout> | null = null;
  private misses = 0;

  constructor(private readonly table: Table) {}

  /** Says what is visible. */
  want(start: number, stop: number, columns: number[]): void {
    this.wanted = { start: Math.max(0, start), stop, columns };
    this.withdraw();
    this.pump();
  }

  /** The first rows are on their way, which hello has asked for under this number, or word that those here are the same. */
  expect(id: number, columns: number[]): void {
    const { ch, requests } = this.table;
    const fetch: Fetch = { type: 'fetch', ch, id, start: 0, stop: Math.min(BLOCK, this.table.rows()), columns };
    this.track(0, 0, columns, requests.expect('window', fetch, PATIENCE), true);
  }

  get idle(): boolean {
    return this.wanted.columns.length === 0;
  }

  /** Resolves when the cells are here. */
  load(start: number, stop: number, columns: number[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ start: Math.max(0, start), stop, columns, resolve, reject });
      this.pump();
    });
  }

  /** The rows have another order: answers under way are of no use. */
  restart(): void {
    this.drop();
    this.pump();
  }

  /** Gives up on what is under way. */
  drop(): void {
    this.misses = 0;
    this.wake();
    const flights = this.flights;
    this.flights = [];
    for (const flight of flights) {
      flight.void = true;
      this.table.requests.cancel(flight.id);
    }
  }

  /** Refuses everything that is waited for. */
  fail(reason: Refusal): void {
    const waiting = this.waiting;
    this.waiting = [];
    waiting.forEach(one => one.reject(reason));
    this.drop();
  }

  private wake(): void {
    if (this.pause !== null) {
      clearTimeout(this.pause);
      this.pause = null;
    }
  }

  /** Asks for whatever is missing. */
  pump(): void {
    const { windows } = this.table;
    this.waiting = this.waiting.filter(one => {
      const { start, stop, columns } = this.clip(one);
      const here = this.table.ready() && windows.holds(start, stop, columns);
      if (here) {
        one.resolve();
      }
      return !here;
    });
    if (!this.table.ready() || this.pause !== null) {
      return;
    }
    for (const area of [this.wanted, ...this.waiting, ...this.margins()]) {
      if (!this.fill(this.clip(area))) {
        return;
      }
    }
  }

  private clip({ start, stop, columns }: Area): Area {
    return { start, stop: Math.min(stop, this.table.rows()), columns: columns.filter(id => this.table.knows(id)) };
  }

  private margins(): Area[] {
    const { start, stop, columns } = this.wanted;
    const size = Math.min(MOST_MARGIN, Math.max(LEAST_MARGIN, stop - start));
    return [
      { start: stop, stop: stop + size, columns },
      { start: Math.max(0, start - size), stop: start, columns }
    ];
  }

  /** Asks for what an area lacks; false when no more may be under way. */
  private fill({ start, stop, columns }: Area): boolean {
    const pending = (block: number, column: number): boolean =>
      this.flights.some(one => one.first <= block && block <= one.last && one.columns.has(column));
    for (const missing of this.table.windows.missing(start, stop, columns, pending)) {
      const most = Math.max(1, Math.floor(MOST_CELLS / (BLOCK * missing.columns.length)));
      for (let first = missing.first; first <= missing.last; first += most) {
        if (this.flights.length >= MOST_IN_FLIGHT) {
          return false;
        }
        this.ask(first, Math.min(missing.last, first + most - 1), missing.columns);
      }
    }
    return true;
  }

  private ask(first: number, last: number, columns: number[]): void {
    const { ch, requests } = this.table;
    const start = first * BLOCK;
    const stop = Math.min((last + 1) * BLOCK, this.table.rows());
    const build = (id: number): Fetch => ({ type: 'fetch', ch, id, start, stop, columns });
    this.track(first, last, columns, requests.ask('window', build, PATIENCE));
  }

  private track(first: number, last: number, columns: number[], asking: Asking<'window'>, known = false): void {
    const flight: Flight = { id: asking.id, first, last, columns: new Set(columns), known, void: false };
    this.flights.push(flight);
    asking.reply
      .then(({ message, arrow }) => this.land(flight, message.start, message.rev, arrow))
      .catch((reason: unknown) => this.miss(flight, reason));
  }

  private land(flight: Flight, start: number, rev: number, arrow: Uint8Array | undefined): void {
    if (flight.void) {
      return;
    }
    if (!arrow && flight.known) {
      this.flights = this.flights.filter(one => one !== flight);
      return this.pump();
    }
    if (!arrow) {
      throw new Refusal('BAD_MESSAGE', 'A window came without its cells.');
    }
    const rows = decodeRows(arrow);
    const asked = Math.min((flight.last + 1) * BLOCK, this.table.rows()) - start;
    this.flights = this.flights.filter(one => one !== flight);
    this.table.windows.put(start, rows, rev);
    const { start: from, stop: to, columns } = this.wanted;
    this.table.windows.trim(from - MOST_MARGIN, to + MOST_MARGIN, [...columns, ...this.waiting.flatMap(one => one.columns)]);
    this.table.damage(start, start + rows.rids.length);
    if (rows.rids.length < asked || [...flight.columns].some(id => !rows.columns.has(id))) {
      this.rest();
    } else {
      this.misses = 0;
    }
    this.pump();
  }

  private miss(flight: Flight, reason: unknown): void {
    this.flights = this.flights.filter(one => one !== flight);
    if (flight.void) {
      return;
    }
    const refusal = reason instanceof Refusal ? reason : new Refusal('BAD_MESSAGE', String(reason));
    const stop = (flight.last + 1) * BLOCK;
    this.waiting = this.waiting.filter(one => {
      const hit = refusal.code !== 'CANCELLED' && one.start < stop && one.stop > flight.first * BLOCK;
      if (hit) {
        one.reject(refusal);
      }
      return !hit;
    });
    this.rest();
  }

  /** Waits before asking again for what did not come as asked. */
  private rest(): void {
    this.pause ??= setTimeout(
      () => {
        this.pause = null;
        this.pump();
      },
      Math.min(LONGEST_PAUSE, PAUSE * 2 ** this.misses++)
    );
  }

  /** Gives up on windows that nobody looks at or waits for any more. */
  private withdraw(): void {
    const areas = [this.wanted, ...this.waiting];
    for (const flight of [...this.flights]) {
      const start = flight.first * BLOCK - MOST_MARGIN;
      const stop = (flight.last + 1) * BLOCK + MOST_MARGIN;
      if (!areas.some(area => area.start < stop && area.stop > start && area.columns.some(id => flight.columns.has(id)))) {
        flight.void = true;
        this.flights = this.flights.filter(one => one !== flight);
        this.table.requests.cancel(flight.id);
      }
    }
  }
}
