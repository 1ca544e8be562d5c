import type { DataEditorRef, Item } from '@glideapps/glide-data-grid';
import type { Spot, ViewHandle, ViewProps } from '../view';
import { align, seek, type Track } from './scroll';

/** How wide the column of row numbers is. */
export function markerWidth(rows: number): number {
  return Math.max(44, Math.ceil(String(Math.max(rows, 1)).length * 7.5 + 20));
}

/** A React ref that is only read. */
export interface Latest<T> {
  readonly current: T;
}

/**
 * The part of the table in sight: columns from `x`, rows from `y`, and the pixels scrolled away above. While it is
 * `passing`, rows come by on the way to others and are not worth fetching. `at`: when it last changed.
 */
export type Seen = { top: number; x: number; width: number; y: number; height: number; passing: boolean; at: number };

/** A mounted Glide, and what keeps its scrolling exact. */
export interface Mounted extends ViewHandle {
  align(): void;
  /** Draws the headers in sight anew. */
  repaintHeaders(): void;
}

/** What the rest of the grid can ask of a mounted Glide. */
export function createHandle(
  wrapper: Latest<HTMLDivElement | null>,
  editor: Latest<DataEditorRef | null>,
  latest: Latest<ViewProps>,
  seen: Latest<Seen>
): Mounted {
  const scroller = () => wrapper.current?.querySelector<HTMLElement>('.dvn-scroller') ?? null;
  const room = (element: HTMLElement) => element.clientHeight - latest.current.headerHeight;

  function track(element: HTMLElement): Track {
    const { rowHeight, headerHeight, rows } = latest.current;
    return { element, content: headerHeight + rows * rowHeight, position: seen.current.top };
  }

  /** Scrolls in steps of which only the last is told. */
  function pass(steps: () => void): void {
    const before = seen.current.y;
    seen.current.passing = true;
    steps();
    seen.current.passing = false;
    if (seen.current.y !== before) {
      const { x, y, width, height } = seen.current;
      latest.current.events.visible([y, y + height], [x, x + width]);
    }
  }

  /** Has Glide draw rows anew in all columns in sight; -1 is the header. */
  function damage(rows: readonly number[]): void {
    const { x, width } = seen.current;
    const { columns, pinned } = latest.current;
    const stop = Math.min(columns.length, x + width + 1);
    const cells: { cell: Item }[] = [];
    for (const row of rows) {
      for (let column = 0; column < Math.min(pinned, columns.length); column++) {
        cells.push({ cell: [column, row] });
      }
      for (let column = Math.max(x, pinned); column < stop; column++) {
        cells.push({ cell: [column, row] });
      }
    }
    if (cells.length) {
      editor.current?.updateCells(cells);
    }
  }

  function revealRow(element: HTMLElement, row: number, center: boolean): void {
    const { rowHeight } = latest.current;
    const top = row * rowHeight;
    const bottom = top + rowHeight - room(element);
    const { top: position } = seen.current;
    if (top >= position && bottom <= position) {
      return;
    }
    const target = center ? top - (room(element) - rowHeight) / 2 : top < position ? top : bottom;
    pass(() => seek(track(element), target));
  }

  function revealColumn(element: HTMLElement, column: number): void {
    const { columns, pinned, rows } = latest.current;
    if (column < pinned) {
      return;
    }
    const width = (from: number, to: number) => columns.slice(from, to).reduce((sum, each) => sum + each.width, 0);
    const left = width(pinned, column);
    const right = left + (columns[column]?.width ?? 0) - (element.clientWidth - markerWidth(rows) - width(0, pinned));
    const at = element.scrollLeft;
    const target = left < at ? left : right > at ? Math.min(right, left) : at;
    if (target !== at) {
      element.scrollLeft = target;
      element.dispatchEvent(new Event('scroll'));
    }
  }

  return {
    bounds: ({ row, column }: Spot) => editor.current?.getBounds(column, row),
    headerBounds: column => editor.current?.getBounds(column, -1),
    reveal(spot, center = false) {
      const element = scroller();
      if (element) {
        revealRow(element, spot.row, center);
        revealColumn(element, spot.column);
      }
    },
    repaintHeaders() {
      damage([-1]);
    },
    repaint(range) {
      const { y, height } = seen.current;
      const start = Math.max(y, range?.[0] ?? 0);
      const stop = Math.min(y + height + 1, range?.[1] ?? Infinity, latest.current.rows);
      damage(Array.from({ length: Math.max(0, stop - start) }, (_, i) => start + i));
    },
    repaintCells(spots) {
      const { x, width, y, height } = seen.current;
      const { columns, pinned, rows } = latest.current;
      const stop = Math.min(columns.length, x + width + 1);
      const isSeen = ({ row, column }: Spot) =>
        row >= y && row <= Math.min(y + height, rows - 1) && (column < pinned || column >= x) && column < stop;
      const cells = spots.filter(isSeen).map(({ row, column }) => ({ cell: [column, row] as Item }));
      if (cells.length) {
        editor.current?.updateCells(cells);
      }
    },
    align() {
      const element = scroller();
      if (element) {
        pass(() => align(track(element)));
      }
    },
    page() {
      const element = scroller();
      return element ? Math.max(1, Math.floor(room(element) / latest.current.rowHeight) - 1) : 10;
    },
    uncovered({ row, column }) {
      const { columns, pinned, rows, headerHeight } = latest.current;
      const origin = wrapper.current?.getBoundingClientRect();
      const box = editor.current?.getBounds(column, row);
      const held = columns.slice(0, pinned).reduce((sum, each) => sum + each.width, 0);
      const left = markerWidth(rows) + (column < pinned ? 0 : held);
      return origin !== undefined && box !== undefined && box.x - origin.x >= left - 1 && box.y - origin.y >= headerHeight - 1;
    },
    visible: () => ({
      rows: [seen.current.y, seen.current.y + seen.current.height],
      columns: [seen.current.x, seen.current.x + seen.current.width]
    })
  };
}
