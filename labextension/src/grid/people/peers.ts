/** Where other people's cursors and selections stand in this grid. */
import type { Peer } from '../../protocol';
import type { Session } from '../../session/api';
import type { Mode } from '../drawing/theme';
import type { Block, PeerMark, Spot } from '../view';
import { personColor } from './person';

/** Somebody's cursor in this grid, and what they have selected, as far as its rows are here. */
export interface Placed {
  peer: Peer;
  cursor: Spot;
  block: Block;
}

/** The peers whose cursor is in a row that is here and a column that is shown. */
export function placePeers(session: Session, columns: readonly number[]): Placed[] {
  const { peers, user, tree } = session.state;
  // Others are in rows, and what is drawn are nodes.
  return (tree ? [] : peers).flatMap<Placed>(peer => {
    const place = peer.user.id === user?.id ? null : peer.place;
    const row = place ? session.row(place.rid) : undefined;
    const column = place ? columns.indexOf(place.column) : -1;
    if (!place || row === undefined || column < 0) {
      return [];
    }
    const toRow = session.row(place.to_rid ?? place.rid) ?? row;
    const far = columns.indexOf(place.to_column ?? place.column);
    const toColumn = far < 0 ? column : far;
    const block = {
      row: Math.min(row, toRow),
      column: Math.min(column, toColumn),
      rows: Math.abs(toRow - row) + 1,
      columns: Math.abs(toColumn - column) + 1
    };
    return [{ peer, cursor: { row, column }, block }];
  });
}

/** What of them is to be drawn in one cell. */
export function peerMarks(placed: readonly Placed[], row: number, column: number, mode: Mode): PeerMark[] {
  const marks: PeerMark[] = [];
  for (const { peer, cursor, block } of placed) {
    const inside =
      row >= block.row && row < block.row + block.rows && column >= block.column && column < block.column + block.columns;
    if (inside) {
      const several = block.rows > 1 || block.columns > 1;
      marks.push({
        color: personColor(peer.user, mode),
        wash: several ? personColor(peer.user, mode, 0.1) : '',
        cursor: row === cursor.row && column === cursor.column,
        top: several && row === block.row,
        bottom: several && row === block.row + block.rows - 1,
        left: several && column === block.column,
        right: several && column === block.column + block.columns - 1
      });
    }
  }
  return marks;
}

/** The cells in `rows` that look different once peers stand as in `after` instead of as in `before`. */
export function movedCells(before: readonly Placed[], after: readonly Placed[], rows: readonly [number, number]): Spot[] {
  const known = new Map(before.map(one => [one.peer.key, one]));
  const stale: Placed[] = [];
  for (const one of after) {
    const old = known.get(one.peer.key);
    known.delete(one.peer.key);
    const isSame =
      old && same(old.block, one.block) && old.cursor.row === one.cursor.row && old.cursor.column === one.cursor.column;
    if (!isSame) {
      stale.push(one, ...(old ? [old] : []));
    }
  }
  const spots = new Map<string, Spot>();
  for (const { block } of [...stale, ...known.values()]) {
    const stop = Math.min(block.row + block.rows, rows[1] + 1);
    for (let row = Math.max(block.row, rows[0]); row < stop; row++) {
      for (let column = block.column; column < block.column + block.columns; column++) {
        spots.set(`${row}:${column}`, { row, column });
      }
    }
  }
  return [...spots.values()];
}

function same(a: Block, b: Block): boolean {
  return a.row === b.row && a.column === b.column && a.rows === b.rows && a.columns === b.columns;
}
