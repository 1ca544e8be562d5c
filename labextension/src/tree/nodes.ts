/** Which nodes of a tree are open, and paths of nodes. It must not know cells or the interface. */
import type { Column, Filter, RollupDef, Scalar, Tree } from '../protocol';

export type Path = readonly (string | null)[];

const key = (path: Path): string => JSON.stringify(path);

const without = (paths: readonly Path[], path: Path): (string | null)[][] =>
  paths.filter(each => key(each) !== key(path)).map(each => [...each]);

const having = (paths: readonly Path[], path: Path): (string | null)[][] => [...without(paths, path), [...path]];

/** Whether nodes of this depth are open where nothing else is said. */
const isShallow = ({ depth }: Tree, path: Path): boolean => depth === null || path.length < (depth ?? 1);

/** The tree with these nodes open. */
export function opened(tree: Tree, paths: readonly Path[]): Tree {
  return paths.reduce<Tree>((held, path) => {
    const collapsed = without(held.collapsed ?? [], path);
    const expanded = isShallow(held, path) ? (held.expanded ?? []) : having(held.expanded ?? [], path);
    return { ...held, expanded, collapsed };
  }, tree);
}

/** The tree with a node closed; what is open below it stays so, unseen. */
export function closed(tree: Tree, path: Path): Tree {
  const expanded = without(tree.expanded ?? [], path);
  return { ...tree, expanded, collapsed: isShallow(tree, path) ? having(tree.collapsed ?? [], path) : (tree.collapsed ?? []) };
}

/** The tree open down to a level everywhere; to the lowest for null. */
export function levelled(tree: Tree, depth: number | null): Tree {
  return { rollup: tree.rollup, depth, expanded: [], collapsed: [] };
}

/** The level that a tree is open to everywhere; undefined where single nodes are otherwise. */
export function levelOf({ depth = 1, expanded = [], collapsed = [] }: Tree, levels: number): number | undefined {
  return expanded.length + collapsed.length > 0 ? undefined : Math.min(depth ?? levels, levels);
}

/** A path as a person writes it. */
export function written(path: Path): string {
  return path.length ? path.map(label => label ?? '(missing)').join(' > ') : 'total';
}

/** Whether two places are the same. */
export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The rows below a node: a filter for each level of its path, beside the rollup's own. */
export function rowFilters(rollup: RollupDef, path: Path, columns: readonly Column[]): Filter[] {
  const below = path.flatMap<Filter>((label, level) => {
    const column = columns.find(({ id }) => id === rollup.levels[level]);
    if (!column) {
      return [];
    }
    return label === null
      ? [{ is: 'missing', column: column.id }]
      : [{ is: 'set', column: column.id, values: [valueOf(column, label)] }];
  });
  return [...(rollup.filter ?? []), ...below];
}

/** The value that a label stands for in its column. */
function valueOf({ kind }: Column, label: string): Scalar {
  switch (kind) {
    case 'integer':
      return Number.isSafeInteger(Number(label)) ? Number(label) : label;
    case 'float':
      return Number(label);
    case 'boolean':
      return label.toLowerCase() === 'true';
    case 'timestamp':
      return label.length === 10 ? `${label}T00:00:00` : label.replace(' ', 'T');
    default:
      return label;
  }
}
