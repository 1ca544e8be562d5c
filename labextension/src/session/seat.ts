/** The channel that a client speaks on, with what was left unanswered on it. */
import type { Waiting } from './edits';

/** Where a channel stands: what must be known to go on with it. */
export interface Standing {
  epoch: string | null;
  /** The number of the last operation. */
  last: number;
  waiting: readonly Waiting[];
}

/**
 * A channel held by one client alone. Its numbering belongs to it and to its user: two clients on one channel would take each
 * other's answers for their own.
 */
export interface Seat extends Standing {
  readonly ch: string;
  /** The only user it may be used by; null where that does not matter. */
  readonly user: string | null;
  /** Remembers where the channel stands, by asking for it a little later. */
  keep(read: () => Standing): void;
  /** Gives the channel back, with what it was last told to keep. */
  leave(): void;
  /** Calls when the channel is not held any more, and somebody else may speak on it. */
  onLost(listener: () => void): void;
}

/** A channel's name: 128 random bits in hexadecimal. */
export function drawChannel(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}

/** A channel of which nothing outlives the page. */
export function passingSeat(ch = drawChannel()): Seat {
  return {
    ch,
    user: null,
    epoch: null,
    last: 0,
    waiting: [],
    keep: () => undefined,
    leave: () => undefined,
    onLost: () => undefined
  };
}
