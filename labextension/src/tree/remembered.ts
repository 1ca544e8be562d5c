/** The totals that a user holds, kept while the browser's tab lives: a reload of the page or a cell run again finds them. */
import type { Coordinate, TreeInfo } from '../protocol';
import type { Path } from './nodes';

/** A cell of a tree that keeps its total while others around it are written; it is this user's alone. */
export interface Hold {
  at: Coordinate;
  aggregate: number;
}

export type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** A hold without ids, which another kernel gives anew: the value of the column that stands across is there by its label. */
interface Kept {
  path: Path;
  aggregate: number;
  across?: string | null;
}

/** The tab's storage, or null where the browser gives none. */
export function openMemory(): Memory | null {
  try {
    return globalThis.sessionStorage ?? null;
  } catch (error) {
    if (error instanceof DOMException) {
      return null;
    }
    throw error;
  }
}

const PREFIX = 'tabweave:holds:';

/** Keeps what is held in a tree under a name. Full or forbidden storage costs the memory of holds and nothing else. */
export function keepHolds(memory: Memory | null, name: string, tree: TreeInfo, holds: readonly Hold[]): void {
  const kept = holds.map<Kept>(({ at, aggregate }) => {
    const column = tree.columns.find(({ where }) => at.where?.length && JSON.stringify(where) === JSON.stringify(at.where));
    return { path: at.path ?? [], aggregate, ...(column ? { across: column.group ?? null } : {}) };
  });
  try {
    if (kept.length) {
      memory?.setItem(PREFIX + name, JSON.stringify(kept));
    } else {
      memory?.removeItem(PREFIX + name);
    }
  } catch (error) {
    if (!(error instanceof DOMException)) {
      throw error;
    }
  }
}

/** What was held in a tree; `place` makes a place of a path and the tree's column. */
export function recallHolds(
  memory: Memory | null,
  name: string,
  tree: TreeInfo,
  place: (path: Path, column: TreeInfo['columns'][number]) => Hold['at']
): Hold[] {
  return read(memory?.getItem(PREFIX + name) ?? null).flatMap(({ path, aggregate, across }) => {
    const column = tree.columns.find(
      each =>
        each.aggregate === aggregate &&
        (across === undefined ? each.total !== false : each.total === false && (each.group ?? null) === across)
    );
    return column ? [{ at: place(path, column), aggregate }] : [];
  });
}

function read(text: string | null): Kept[] {
  try {
    const kept: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(kept) ? kept.filter(isKept) : [];
  } catch (error) {
    if (error instanceof SyntaxError) {
      return [];
    }
    throw error;
  }
}

function isKept(each: unknown): each is Kept {
  return (
    typeof each === 'object' &&
    each !== null &&
    Array.isArray((each as Kept).path) &&
    typeof (each as Kept).aggregate === 'number'
  );
}
