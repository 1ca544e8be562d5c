/** What a window says of its rows themselves: which node of a tree each is, and what in it is locked. */
import type { Rows } from '../arrow';
import type { RowFacts, TreeNode } from './api';

const NOTHING: RowFacts = { node: null, locked: new Set(), why: new Map() };

/** The facts of a window's rows in order; none where it says none. */
export function readFacts({ rids, marks }: Rows): RowFacts[] {
  if (!marks) {
    return [];
  }
  const at = (name: string, i: number) => marks.get(name)?.[i] ?? null;
  return rids.map((_, i) => {
    const path = at('path', i);
    const node: TreeNode | null =
      path === null
        ? null
        : {
            path: JSON.parse(String(path)) as (string | null)[],
            depth: Number(at('depth', i)),
            children: Number(at('children', i)),
            open: at('open', i) === true,
            leaves: Number(at('leaves', i))
          };
    const [locked, why] = [at('locked', i), at('why', i)];
    if (node === null && locked === null) {
      return NOTHING;
    }
    const reasons = why === null ? [] : Object.entries(JSON.parse(String(why)) as Record<string, string>);
    return {
      node,
      locked: new Set(locked === null ? [] : (JSON.parse(String(locked)) as number[])),
      why: new Map(reasons.map(([id, reason]) => [Number(id), reason]))
    };
  });
}
