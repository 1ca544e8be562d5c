/**
 * What this user wrote lately, and who has written over it since.
 *
 * Per cell the last committed write stands. Somebody else's over one that is a minute old, or that was on its way, is told.
 */
import type { Cells, Person, Scalar } from '../protocol';
import type { Loss } from './api';

const RECENT = 60_000;
/** So many own cells are remembered, the newest. */
const MOST = 5_000;

interface Written {
  value: Scalar;
  rev: number;
  at: number;
}

export class Losses {
  private readonly own = new Map<string, Written>();
  /** What others wrote into cells over which something own is on its way. */
  private readonly meanwhile = new Map<string, Written & { user: Person }>();

  /** Own cells were stored as revision `rev`; tells those that were lost already when this was heard. */
  wrote(cells: readonly Cells[], rev: number): Loss[] {
    const lost: Loss[] = [];
    const at = Date.now();
    for (const { column, rows, values } of cells) {
      rows.forEach((rid, i) => {
        const key = `${column}:${rid}`;
        const value = values[i] ?? null;
        const other = this.meanwhile.get(key);
        this.meanwhile.delete(key);
        this.own.delete(key);
        if (other && other.rev > rev) {
          lost.push(...loss(rid, column, value, other));
        } else {
          this.own.set(key, { value, rev, at });
        }
      });
    }
    trim(this.own);
    return lost;
  }

  /** Somebody else wrote a cell; tells what of this user's is lost by that. `pending`: something own is on its way to it. */
  heard(rid: number, column: number, written: { value: Scalar; rev: number; user: Person }, pending: boolean): Loss[] {
    const key = `${column}:${rid}`;
    const at = Date.now();
    const mine = this.own.get(key);
    if (pending) {
      this.meanwhile.set(key, { ...written, at });
      trim(this.meanwhile);
    }
    if (!mine || written.rev <= mine.rev) {
      return [];
    }
    this.own.delete(key);
    return pending || at - mine.at > RECENT ? [] : loss(rid, column, mine.value, { ...written, at });
  }

  clear(): void {
    this.own.clear();
    this.meanwhile.clear();
  }
}

function loss(rid: number, column: number, mine: Scalar, other: Written & { user: Person }): Loss[] {
  const { value: theirs, rev, at, user } = other;
  return theirs === mine ? [] : [{ rid, column, mine, theirs, rev, at, user }];
}

function trim(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    if (map.size <= MOST) {
      return;
    }
    map.delete(oldest);
  }
}
