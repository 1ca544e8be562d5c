/** Who else changed the cells that are here, lately. */
import type { Cells, Patch, Person } from '../protocol';
import type { Touch } from './api';
import type { Windows } from './windows';

/** So many are remembered, the newest. */
const MOST = 4_000;
/** A change so long ago is history. */
const RECENT = 15 * 60_000;

/** Who wrote row `i` of some of a patch's cells. */
export function writer({ user, users = [] }: Pick<Patch, 'user' | 'users'>, { by }: Pick<Cells, 'by'>, i: number): Person {
  return users[by?.[i] ?? -1] ?? user;
}

export class Touches {
  private readonly found = new Map<string, Touch>();

  constructor(private readonly windows: Windows) {}

  /** Before a cell is overwritten: remembers by whom, and what it said. Tells its view row, if the cell is here. */
  note(rid: number, column: number, user: Person, own: boolean): number | undefined {
    const row = this.windows.row(rid);
    const before = row === undefined ? undefined : this.windows.value(row, column);
    if (row === undefined || before === undefined) {
      return undefined;
    }
    const key = `${column}:${rid}`;
    this.found.delete(key);
    this.found.set(key, { user, own, at: Date.now(), before });
    if (this.found.size > MOST) {
      for (const oldest of this.found.keys()) {
        this.found.delete(oldest);
        break;
      }
    }
    return row;
  }

  /** This client wrote the cell itself. */
  forget(rid: number, column: number): void {
    this.found.delete(`${column}:${rid}`);
  }

  of(rid: number, column: number): Touch | undefined {
    if (this.found.size === 0) {
      return undefined;
    }
    const touch = this.found.get(`${column}:${rid}`);
    return touch && Date.now() - touch.at < RECENT ? touch : undefined;
  }

  clear(): void {
    this.found.clear();
  }
}
