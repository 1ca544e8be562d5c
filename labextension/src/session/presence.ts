/** Says where this client's user is in a shared table, and hears where the others are. */
import type { Here, Place, Present } from '../protocol';
import type { Colors } from './colors';
import type { Store } from './store';

/** Least time between two messages. */
const GAP = 100;
/** A place that is not said again is forgotten. */
const AGAIN = 5_000;

export class Presence {
  private place: Place | null = null;
  private said = '';
  private at = -Infinity;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(
    private readonly ch: string,
    private readonly store: Store,
    private readonly colors: Colors,
    private readonly send: (message: Here) => void,
    /** Whether there is anybody to tell. */
    private readonly shared: () => boolean
  ) {}

  /** The user went somewhere, or nowhere. */
  go(place: Place | null): void {
    if (JSON.stringify(place) !== JSON.stringify(this.place)) {
      this.place = place;
      this.plan();
    }
  }

  take({ peers }: Present): void {
    const { user } = this.store.state;
    this.colors.meet([...peers.map(peer => peer.user), ...(user ? [user] : [])]);
    this.store.update({
      ...(user ? { user: this.colors.of(user) } : {}),
      peers: peers.map(peer => ({ ...peer, user: this.colors.of(peer.user) }))
    });
  }

  /** The connection is new: nobody knows yet where the user is. */
  resume(): void {
    this.said = '';
    if (this.place) {
      this.plan();
    }
  }

  /** The connection is broken: nobody is known to be there. */
  pause(): void {
    this.stop();
    this.store.update({ peers: [] });
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private plan(): void {
    this.stop();
    if (!this.shared()) {
      return;
    }
    const isNews = JSON.stringify(this.place) !== this.said;
    const pause = isNews ? Math.max(0, this.at + GAP - Date.now()) : AGAIN;
    if (pause === 0) {
      this.say();
    } else {
      this.timer = setTimeout(() => this.say(), pause);
    }
  }

  private say(): void {
    this.timer = null;
    if (!this.shared()) {
      return;
    }
    const { ch, place } = this;
    this.said = JSON.stringify(place);
    this.at = Date.now();
    this.send({ type: 'here', ch, place });
    if (place) {
      this.plan();
    }
  }
}
