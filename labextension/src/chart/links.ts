/** Charts and grids of one table find each other on a page, wherever they stand: what is selected in a chart filters the grids. */
import type { Filter } from '../protocol';
import type { Session } from '../session/api';

/** Takes a selection of `source` (a chart) in place of its last one; null lifts it. */
export type Brush = (source: object, filters: readonly Filter[] | null) => Promise<void>;

const KEY = Symbol.for('tabweave.brushes');

function brushes(): Map<string, Set<Brush>> {
  const page = globalThis as { [KEY]?: Map<string, Set<Brush>> };
  page[KEY] ??= new Map();
  return page[KEY];
}

/** Filters a grid's view by what is selected in charts, beside the filters that its user has set. */
export function brushOf(session: Session): Brush {
  const chosen = new Map<object, string[]>();
  return async (source, filters) => {
    const before = new Set(chosen.get(source));
    if (!filters && before.size === 0) {
      return;
    }
    const others = (session.state.view.filter ?? []).filter(filter => !before.has(JSON.stringify(filter)));
    chosen.delete(source);
    if (filters) {
      chosen.set(
        source,
        filters.map(filter => JSON.stringify(filter))
      );
    }
    await session.setView({ filter: [...others, ...(filters ?? [])] });
  };
}

/** Lets charts of a table filter a grid, until the result is called. */
export function link(table: string, brush: Brush): () => void {
  const known = brushes().get(table) ?? new Set<Brush>();
  brushes().set(table, known.add(brush));
  return () => {
    known.delete(brush);
    if (known.size === 0) {
      brushes().delete(table);
    }
  };
}

/** The brush of a chart that stands by itself: over all grids of its table on this page. */
export function brushAll(table: string): Brush {
  return async (source, filters) => {
    await Promise.all([...(brushes().get(table) ?? [])].map(brush => brush(source, filters)));
  };
}
