/** The foot of a tree: how big it is, and what there is to be said of the cell under the cursor. */
import { useCallback, useSyncExternalStore } from 'react';
import { Icon } from '../grid/drawing/icons';
import { formatCount, plural } from '../grid/panels/figures';
import { useGrid, useGridState, useSessionState } from '../grid/panels/scope';
import type { TreeActs, TreeState } from './acts';
import { written } from './nodes';

export function useTree(): { acts: TreeActs; state: TreeState } {
  const { tree: acts } = useGrid().controller;
  const state = useSyncExternalStore(
    useCallback(listener => acts.subscribe(listener), [acts]),
    () => acts.state
  );
  return { acts, state };
}

export function TreeStatus() {
  const { rows, total, tree } = useSessionState();
  const { acts } = useTree();
  const { cursor } = useGridState().selection;
  const node = cursor && acts.node(cursor.row);
  const why = cursor && node && !acts.isLabel(cursor.column) ? acts.why(cursor.row, cursor.column) : '';
  const held = cursor && acts.holdAt(cursor.row, cursor.column);
  return (
    <>
      <span className="tw-Footer-size">
        {rows === total ? plural(total, 'node') : `${formatCount(rows)} of ${plural(total, 'node')}`}
        <span className="tw-Footer-times"> · </span>
        {plural(tree?.rows ?? 0, 'row')}
      </span>
      {node && (
        <span className="tw-TreeStatus" title={written(node.path)}>
          {written(node.path)} · {plural(node.leaves, 'row')}
        </span>
      )}
      {held && <span className="tw-TreeStatus-held">held by you</span>}
      {why && (
        <span className="tw-TreeStatus-why" title={why}>
          <Icon name="lock" size={13} /> {why}
        </span>
      )}
    </>
  );
}
