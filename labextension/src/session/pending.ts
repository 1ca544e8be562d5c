/**
 * Unsaved operations kept in the browser, so that they outlive the page.
 *
 * Each channel that has any is stored with where it belongs; its operations are stored one by one under their numbers. It must
 * not know who may speak on a channel, nor when.
 */
import type { Waiting } from './edits';
import type { Standing } from './seat';

/** To whom a channel belongs: `place` is the address of the Jupyter server. */
export interface Belonging {
  place: string;
  user: string;
  table: string;
}

/** A channel as it was left. */
export interface Left extends Standing, Belonging {
  ch: string;
  /** When it was last written, in milliseconds since 1970. */
  time: number;
}

/** Where channels are kept. */
export interface Shelf {
  list(): Promise<Left[]>;
  write(left: Left): Promise<void>;
  drop(ch: string): Promise<void>;
}

const NAME = 'tabweave';
const CHANNELS = 'channels';
const OPERATIONS = 'operations';

type Row = Omit<Left, 'waiting'>;
type Line = Waiting & { ch: string };

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('The browser gave up storing.'));
  });
}

function read<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('The browser could not read.'));
  });
}

/** The shelf in IndexedDB. It may be wiped at any time: then everything is written anew. */
export class BrowserShelf implements Shelf {
  private opened: Promise<IDBDatabase> | null = null;
  /** What is stored of each channel, so that only what changed is written. */
  private readonly stored = new Map<string, Map<number, Waiting['op']>>();

  async list(): Promise<Left[]> {
    const database = await this.open();
    const transaction = database.transaction([CHANNELS, OPERATIONS]);
    const rows = read<Row[]>(transaction.objectStore(CHANNELS).getAll());
    const lines = read<Line[]>(transaction.objectStore(OPERATIONS).getAll());
    const found = new Map((await rows).map(row => [row.ch, { ...row, waiting: [] as Waiting[] }]));
    for (const { ch, ...waiting } of await lines) {
      found.get(ch)?.waiting.push(waiting);
    }
    for (const { ch, waiting } of found.values()) {
      waiting.sort((a, b) => a.seq - b.seq);
      this.stored.set(ch, new Map(waiting.map(({ seq, op }) => [seq, op])));
    }
    return [...found.values()];
  }

  write(left: Left): Promise<void> {
    return this.again(async database => {
      const { waiting, ...row } = left;
      const before = this.stored.get(row.ch) ?? new Map<number, Waiting['op']>();
      const after = new Map(waiting.map(({ seq, op }) => [seq, op]));
      const transaction = database.transaction([CHANNELS, OPERATIONS], 'readwrite');
      const operations = transaction.objectStore(OPERATIONS);
      transaction.objectStore(CHANNELS).put(row);
      for (const seq of before.keys()) {
        if (!after.has(seq)) {
          operations.delete([row.ch, seq]);
        }
      }
      for (const one of waiting) {
        if (before.get(one.seq) !== one.op) {
          operations.put({ ...one, ch: row.ch } satisfies Line);
        }
      }
      transaction.commit();
      await done(transaction);
      this.stored.set(row.ch, after);
    });
  }

  drop(ch: string): Promise<void> {
    return this.again(async database => {
      const transaction = database.transaction([CHANNELS, OPERATIONS], 'readwrite');
      transaction.objectStore(CHANNELS).delete(ch);
      transaction.objectStore(OPERATIONS).delete(IDBKeyRange.bound([ch], [ch, []]));
      transaction.commit();
      await done(transaction);
      this.stored.delete(ch);
    });
  }

  /** Does it, and once more on a new database where the one that was open is gone. */
  private async again(act: (database: IDBDatabase) => Promise<void>): Promise<void> {
    try {
      await act(await this.open());
    } catch {
      this.close();
      await act(await this.open());
    }
  }

  private close(): void {
    const { opened } = this;
    this.opened = null;
    this.stored.clear();
    void opened?.then(
      database => database.close(),
      () => undefined
    );
  }

  private open(): Promise<IDBDatabase> {
    this.opened ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(NAME, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(CHANNELS, { keyPath: 'ch' });
        request.result.createObjectStore(OPERATIONS, { keyPath: ['ch', 'seq'] });
      };
      request.onsuccess = () => {
        const database = request.result;
        database.onversionchange = database.onclose = () => this.close();
        resolve(database);
      };
      request.onerror = () => {
        this.opened = null;
        reject(request.error ?? new Error('The browser stores nothing here.'));
      };
    });
    return this.opened;
  }
}
