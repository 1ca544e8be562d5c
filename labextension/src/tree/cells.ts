/** A cell of a tree as the view draws it, and how it reads. */
import type { Column, TreeInfo } from '../protocol';
import type { Cell, TreeNode } from '../session/api';
import type { ViewCell } from '../grid/view';
import type { TreeActs } from './acts';
import { figure } from './figures';
import { written } from './nodes';

/** The drawn cell with its place in the tree: labels are indented, totals stand out, what is kept has a mark. */
export function dressCell(drawn: ViewCell, acts: TreeActs, cell: Cell | undefined, row: number, column: Column): ViewCell {
  const tree = acts.shown;
  const node = acts.node(row);
  if (!tree || !node) {
    const locked = !tree && acts.facts(row)?.locked.has(column.id);
    return locked ? { ...drawn, faded: true, mark: 'lock', spoken: `${drawn.spoken}, locked` } : drawn;
  }
  const strong = node.depth === 0 || node.children > 0;
  if (acts.isLabel(column.id)) {
    const twisty = node.children === 0 ? 'none' : node.open ? 'open' : 'closed';
    return { ...drawn, look: 'node', faded: false, strong, node: { depth: node.depth, twisty, rank: rank(tree, node) } };
  }
  const faded = acts.why(row, column.id) !== '';
  const mark = acts.facts(row)?.locked.has(column.id) ? 'lock' : acts.holdAt(row, column.id) ? 'hold' : undefined;
  const text = cell?.state === 'stored' ? figure(tree, column, cell.value) : drawn.text;
  return {
    ...drawn,
    ...(cell ? { text, look: drawn.look === 'missing' ? 'number' : drawn.look } : {}),
    ...{ faded, strong },
    ...(mark ? { mark } : {}),
    node: { depth: node.depth, twisty: 'none', rank: rank(tree, node) },
    spoken: [drawn.spoken === 'missing' ? 'nothing' : text || drawn.spoken, mark === 'lock' ? 'locked' : mark && 'held']
      .filter(Boolean)
      .join(', ')
  };
}

/** How far above the lowest level a node is, from 0; the total is 1 above the highest. */
function rank(tree: TreeInfo, node: TreeNode): number {
  return tree.levels.length - node.depth;
}

/** A node in words: where it is and what is below it. */
export function nodeText({ path, depth, children, open, leaves }: TreeNode): string {
  const below = children ? `, ${open ? 'open' : 'closed'}` : '';
  return `${written(path)}, level ${depth + 1}${below}, ${leaves.toLocaleString('en-US')} ${leaves === 1 ? 'row' : 'rows'}`;
}
