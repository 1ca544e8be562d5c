import type { Column, Kind } from '../protocol';
import type { Layout } from './controller';

/** What a user asked for, by column id: kept apart from the schema, which may change under it. */
export interface Wishes {
  hidden: ReadonlySet<number>;
  pinned: ReadonlySet<number>;
  widths: ReadonlyMap<number, number>;
}

export const NO_WISHES: Wishes = { hidden: new Set(), pinned: new Set(), widths: new Map() };

const WIDTHS: Record<Kind, number> = {
  integer: 112,
  float: 118,
  decimal: 118,
  boolean: 92,
  text: 190,
  category: 148,
  date: 116,
  time: 108,
  timestamp: 176,
  duration: 140,
  binary: 150,
  nested: 210,
  object: 190
};

/** A column's width before anybody resized it: enough for its kind and its name. */
export function defaultWidth(column: Column): number {
  return Math.min(300, Math.max(WIDTHS[column.kind], column.name.length * 7.6 + 48));
}

/** Index levels first, then pinned columns, then the rest, each in the table's order; `fits` are widths that were measured. */
export function arrange(
  columns: readonly Column[],
  wishes: Wishes,
  fits: ReadonlyMap<number, number> = NO_WISHES.widths
): Layout {
  const shown = columns.filter(column => !wishes.hidden.has(column.id));
  const index = shown.filter(column => column.index);
  const pinned = shown.filter(column => !column.index && wishes.pinned.has(column.id));
  const rest = shown.filter(column => !column.index && !wishes.pinned.has(column.id));
  return {
    columns: [...index, ...pinned, ...rest].map(column => column.id),
    hidden: columns.filter(column => wishes.hidden.has(column.id)).map(column => column.id),
    pinned: index.length + pinned.length,
    widths: new Map(
      columns.map(column => [column.id, wishes.widths.get(column.id) ?? fits.get(column.id) ?? defaultWidth(column)])
    )
  };
}

/** How many pinned columns can stay in place without taking over `width`. */
export function holdable(layout: Layout, width: number): number {
  let used = 0;
  for (let place = 0; place < layout.pinned; place++) {
    used += layout.widths.get(layout.columns[place] ?? -1) ?? 0;
    if (used > width * 0.7) {
      return place;
    }
  }
  return layout.pinned;
}

/** Where wishes are kept; a browser may refuse to keep anything. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

interface Kept {
  hidden: string[];
  pinned: string[];
  widths: Record<string, number>;
}

const key = (table: string) => `tabweave:layout:${table}`;

/** The page's storage, or null where the browser gives none. */
export function openShelf(): Shelf | null {
  try {
    return globalThis.localStorage ?? null;
  } catch (error) {
    if (error instanceof DOMException) {
      return null;
    }
    throw error;
  }
}

/** The wishes kept for a table of this name. Ids do not outlive a kernel, so they are kept by column name. */
export function recall(shelf: Shelf | null, table: string, columns: readonly Column[]): Wishes {
  const kept = table ? read(shelf, key(table)) : null;
  if (!kept) {
    return NO_WISHES;
  }
  const named = (names: readonly string[]) => new Set(columns.filter(({ name }) => names.includes(name)).map(({ id }) => id));
  const widths = new Map<number, number>();
  for (const { id, name } of columns) {
    const width = kept.widths[name];
    if (typeof width === 'number' && width >= 20 && width <= 4000) {
      widths.set(id, width);
    }
  }
  return { hidden: named(kept.hidden), pinned: named(kept.pinned), widths };
}

function read(shelf: Shelf | null, name: string): Kept | null {
  const text = shelf?.getItem(name);
  if (!text) {
    return null;
  }
  try {
    const kept: unknown = JSON.parse(text);
    return isKept(kept) ? kept : null;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return null;
    }
    throw error;
  }
}

function isKept(kept: unknown): kept is Kept {
  if (typeof kept !== 'object' || kept === null) {
    return false;
  }
  const { hidden, pinned, widths } = kept as Partial<Record<keyof Kept, unknown>>;
  return Array.isArray(hidden) && Array.isArray(pinned) && typeof widths === 'object' && widths !== null;
}

/** Keeps wishes for a table. Full or forbidden storage costs the memory of a layout and nothing else. */
export function keep(shelf: Shelf | null, table: string, columns: readonly Column[], wishes: Wishes): void {
  if (!shelf || !table) {
    return;
  }
  const names = (ids: ReadonlySet<number>) => columns.filter(({ id }) => ids.has(id)).map(({ name }) => name);
  const widths = Object.fromEntries(
    columns.filter(({ id }) => wishes.widths.has(id)).map(({ id, name }) => [name, wishes.widths.get(id) ?? 0])
  );
  const kept: Kept = { hidden: names(wishes.hidden), pinned: names(wishes.pinned), widths };
  try {
    if (kept.hidden.length || kept.pinned.length || Object.keys(widths).length) {
      shelf.setItem(key(table), JSON.stringify(kept));
    } else {
      shelf.removeItem(key(table));
    }
  } catch (error) {
    if (!(error instanceof DOMException)) {
      throw error;
    }
  }
}
