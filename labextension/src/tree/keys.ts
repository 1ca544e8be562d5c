/** What keys mean in a tree beside what they mean in any grid. */
import type { TreeActs } from './acts';

export type TreeKey = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** Where the cursor is, and what can be done with it. */
export interface Ground {
  row: number;
  column: number;
  /** Goes to a row, in the same column. */
  go(row: number): void;
  fail(reason: unknown): void;
}

/** Does what a key asks of a tree; false when it asks nothing of it. */
export function pressKey(acts: TreeActs, { key, code, ctrlKey, metaKey, altKey, shiftKey }: TreeKey, ground: Ground): boolean {
  const { row, column } = ground;
  const node = acts.node(row);
  if (!node || ctrlKey || metaKey) {
    return false;
  }
  const run = (done: Promise<unknown>): true => {
    done.catch((reason: unknown) => ground.fail(reason));
    return true;
  };
  const outward = async () => {
    const above = await acts.parent(row);
    if (above !== null) {
      ground.go(above);
    }
  };
  if (altKey) {
    // With Alt some keyboards type other letters.
    switch (code === 'KeyH' ? code : key) {
      case 'ArrowRight':
        return run(acts.turn(node, true));
      case 'ArrowLeft':
        return run(node.open ? acts.turn(node, false) : outward());
      case 'KeyH':
        acts.hold([{ row, column }]);
        return true;
    }
    return false;
  }
  if (!acts.isLabel(column)) {
    return false;
  }
  switch (key) {
    case 'ArrowRight':
      return !shiftKey && node.children > 0 && !node.open && run(acts.turn(node, true));
    case 'ArrowLeft':
      return !shiftKey && run(node.open ? acts.turn(node, false) : outward());
    case '*':
      return run(acts.openBelow(row));
    case '+':
      return run(acts.turn(node, true));
    case '-':
      return run(acts.turn(node, false));
    case ' ':
      return !shiftKey && node.children > 0 && run(acts.toggle(row));
    case 'Enter':
      return !shiftKey && run(acts.enterNode(row));
  }
  return false;
}
