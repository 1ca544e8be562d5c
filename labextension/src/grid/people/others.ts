/** Other people in the cells: their cursors, selections and names, and what they have just changed. */
import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from 'react';
import type { Control } from '../control';
import type { Palette } from '../drawing/theme';
import type { Desk } from '../editing/desk';
import type { Spot, ViewCell, ViewHandle } from '../view';
import { Flashes, flashOf } from './flashes';
import { movedCells, peerMarks, placePeers, type Placed } from './peers';
import { Tags } from './tags';
import { followUser } from './whereabouts';

export interface Others {
  /** Adds to a cell what others do there. */
  mark(cell: ViewCell, row: number, place: number): ViewCell;
  /** The cells were scrolled. */
  place(): void;
  hover(spot: Spot | null): void;
}

/** Draws the others of a shared table while the cells are mounted; `version` grows when cells were drawn anew. */
export function useOthers(
  control: Control,
  desk: Desk | null,
  layer: RefObject<HTMLElement | null>,
  view: RefObject<ViewHandle | null>,
  palette: Palette | null,
  version: number
): Others {
  const { session } = control;
  const placed = useRef<readonly Placed[]>([]);
  const tags = useRef<Tags | null>(null);
  const still = useRef(false);

  useEffect(() => (desk ? followUser(control, desk) : undefined), [control, desk]);

  useLayoutEffect(() => {
    const element = layer.current;
    if (!element) {
      return undefined;
    }
    const made = new Tags(element, spot => boxOf(element, view.current, spot));
    const flashes = new Flashes(session, cells => {
      const { columns } = control.state.layout;
      view.current?.repaintCells(cells.map(({ row, column }) => ({ row, column: columns.indexOf(column) })));
    });
    tags.current = made;
    still.current = flashes.still;
    return () => {
      tags.current = null;
      made.dispose();
      flashes.dispose();
    };
  }, [control, session, layer, view]);

  const refresh = useCallback(() => {
    const before = placed.current;
    const now = placePeers(session, control.state.layout.columns);
    if (before.length + now.length > 0) {
      placed.current = now;
      view.current?.repaintCells(movedCells(before, now, view.current.visible().rows));
      tags.current?.show(now);
    }
  }, [control, session, view]);

  useEffect(() => {
    let { peers } = session.state;
    let { layout } = control.state;
    const follow = (): void => {
      if (session.state.peers !== peers || control.state.layout !== layout) {
        ({ peers } = session.state);
        ({ layout } = control.state);
        refresh();
      }
    };
    const leaves = [session.subscribe(follow), control.subscribe(follow)];
    return () => leaves.forEach(leave => leave());
  }, [control, session, refresh]);
  // Rows came or went: a cursor may stand elsewhere, or for the first time in a row that is here.
  useEffect(refresh, [refresh, version]);

  const mark = useCallback(
    (cell: ViewCell, row: number, place: number): ViewCell => {
      const id = control.state.layout.columns[place];
      if (!palette || id === undefined) {
        return cell;
      }
      const peers = placed.current.length ? peerMarks(placed.current, row, place, palette.mode) : [];
      const touch = session.touch(row, id);
      const flash = touch && flashOf(touch, palette, Date.now(), still.current);
      return peers.length || flash ? { ...cell, ...(peers.length ? { peers } : {}), ...(flash ? { flash } : {}) } : cell;
    },
    [control, session, palette]
  );
  const place = useCallback(() => tags.current?.place(), []);
  const hover = useCallback((spot: Spot | null) => tags.current?.hover(spot), []);
  return { mark, place, hover };
}

/** Where a cell is drawn inside `layer`; nothing if any of its left edge is out of sight. */
function boxOf(layer: HTMLElement, view: ViewHandle | null, spot: Spot) {
  const bounds = view?.bounds(spot);
  if (!view || !bounds) {
    return undefined;
  }
  const origin = layer.getBoundingClientRect();
  const box = { x: bounds.x - origin.x, y: bounds.y - origin.y, width: bounds.width, height: bounds.height };
  const { rows } = view.visible();
  const inSight = spot.row >= rows[0] && spot.row <= rows[1] && box.y + box.height <= origin.height && box.x < origin.width;
  return inSight && view.uncovered(spot) ? box : undefined;
}
