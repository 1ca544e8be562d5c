/** Opens the channel, keeps it open, and says in words how it stands. It knows nothing of what is talked about. */
import type { Gone, Hello } from '../protocol';
import type { Transport } from '../transport/transport';
import type { Connection } from './api';

/** Silence after `hello` before the user is told, and before it is said again. */
const SLOW = 5_000;
const AGAIN = 20_000;
const LONGEST = 30_000;
const LEAST_GAP = 1_000;

export class Link {
  connection: Connection = 'connecting';
  notice = '';
  /** Why the table is gone, while it is. */
  reason: Gone['reason'] | null = null;
  private open = false;
  private welcomed = false;
  private tries = 0;
  private begun = 0;
  private readonly timers = new Set<ReturnType<typeof setTimeout>>();

  constructor(
    private readonly transport: Transport,
    private readonly hello: () => Hello,
    private readonly changed: () => void,
    /** Who keeps a user waiting who has had no answer. */
    private readonly slow = 'The kernel may be busy running a cell.'
  ) {}

  start(): void {
    this.transport.onOpen(open => this.route(open));
  }

  /** Whether the table answers. */
  get ready(): boolean {
    return this.connection === 'open';
  }

  private route(open: boolean): void {
    this.open = open;
    this.rest();
    if (open) {
      this.greet();
    } else if (this.welcomed) {
      this.set('offline', 'The connection is lost. Your edits are kept and will be saved when it is back.');
    } else {
      this.set('connecting', '');
    }
  }

  /** Says hello, and again until there is an answer. */
  greet(): void {
    this.rest();
    if (!this.open) {
      return;
    }
    if (this.connection !== 'gone') {
      this.set('connecting', '');
    }
    this.transport.send(this.hello());
    this.later(SLOW, () => this.set('connecting', `The table has not answered yet. ${this.slow}`));
    this.later(AGAIN, () => this.greet());
  }

  /** Whether it is time to begin anew once more; a flood of reasons to do so is answered once a second. */
  isRare(): boolean {
    const now = Date.now();
    const rare = now - this.begun > LEAST_GAP;
    this.begun = rare ? now : this.begun;
    return rare;
  }

  welcome(): void {
    this.rest();
    this.tries = 0;
    this.reason = null;
    this.welcomed = true;
    this.set('open', '');
  }

  /** The table cannot be reached. Unless its variable was deleted it may come back, so it is called now and then. */
  gone({ reason, message }: Pick<Gone, 'reason' | 'message'>): void {
    this.rest();
    this.reason = reason;
    this.set(reason === 'offline' ? 'offline' : 'gone', message);
    this.later(Math.min(LONGEST, 1_000 * 2 ** this.tries++), () => {
      if (this.open) {
        this.transport.send(this.hello());
      }
    });
  }

  rest(): void {
    this.timers.forEach(clearTimeout);
    this.timers.clear();
  }

  private later(after: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, after);
    this.timers.add(timer);
  }

  private set(connection: Connection, notice: string): void {
    if (connection !== this.connection || notice !== this.notice) {
      this.connection = connection;
      this.notice = notice;
      this.changed();
    }
  }
}
