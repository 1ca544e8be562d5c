/** The sort, filter and search in force, and the one asked for; the newest wins. */
import type { Subbed, View } from '../protocol';
import { Refusal } from './refusal';
import type { Requests } from './requests';
import type { Store } from './store';

/** A view may sort or filter very many rows. */
const PATIENCE = 600_000;
const NATURAL: View = { sort: [], filter: [], search: '', tree: null };

export class Views {
  /** The `sub` in force; null for the natural order after a welcome. */
  inForce: number | null = null;
  /** After a new connection, until the view that is drawn is in force again. */
  lost = false;
  private view = NATURAL;
  private newest: { id: number; view: View; done: Promise<void> } | null = null;

  constructor(
    private readonly ch: string,
    private readonly requests: Requests,
    private readonly store: Store,
    /** Called when a view that was drawn before cannot be had again, and the natural order is drawn instead. */
    private readonly fell: (reason: Refusal, view: View) => void
  ) {}

  /** Whether the view wanted is all rows in their natural order. */
  get plain(): boolean {
    const { sort, filter, search, tree } = this.store.state.view;
    return !sort?.length && !filter?.length && !search && !tree;
  }

  /** Asks for a view. Resolves when it, or a newer one, is in force; rejects with a `Refusal` and then nothing has changed. */
  set(view: View): Promise<void> {
    const { ch } = this;
    const older = this.newest;
    const { id, reply } = this.requests.ask('subbed', number => ({ type: 'sub', ch, id: number, view }), PATIENCE);
    const done = reply.then(
      () => undefined,
      (reason: Refusal) => {
        if (this.newest && this.newest.id !== id) {
          return this.newest.done;
        }
        this.newest = null;
        if (this.lost) {
          this.lost = false;
          this.store.update({ view: this.view, busy: false, rows: this.store.state.total });
          this.fell(reason, view);
        }
        this.store.update({ view: this.view, busy: false });
        throw reason;
      }
    );
    this.newest = { id, view, done };
    if (older) {
      this.requests.refuse(older.id, new Refusal('CANCELLED', 'A newer view replaced this one.'));
    }
    this.store.update({ view, busy: true });
    return done;
  }

  /** A view is in force. An older one than asked for is so only for a moment. */
  take({ re, rows, total }: Subbed): void {
    this.inForce = re;
    this.lost = false;
    this.store.update({ rows, total });
    if (this.newest?.id === re) {
      this.view = this.newest.view;
      this.newest = null;
      this.store.update({ busy: false, stale: false });
    }
  }

  /** The view in force cannot be had any more: all rows are asked for, in their natural order. */
  break(re: number): boolean {
    const broken = re === this.inForce && this.view.tree != null;
    if (broken) {
      this.view = NATURAL;
      this.set(NATURAL).catch(() => undefined);
    }
    return broken;
  }

  /** After a welcome the natural order is in force: what was wanted is asked for again. */
  resume(): void {
    this.inForce = null;
    this.lost = this.newest !== null || !this.plain;
    this.view = NATURAL;
    if (this.lost && !this.newest) {
      this.set(this.store.state.view).catch(() => undefined);
    }
  }
}
