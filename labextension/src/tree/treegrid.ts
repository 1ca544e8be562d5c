/** Tells screen readers that the cells are a tree: Glide's own table becomes a treegrid while one is drawn. */
import { useEffect, type RefObject } from 'react';
import type { TreeActs } from './acts';

const TABLE = 'table[role=grid], table[role=treegrid]';

/** Gives the table of a mounted grid the roles and levels of a tree, or takes them away. */
export function tendTree(element: HTMLElement, acts: TreeActs): void {
  const table = element.querySelector(TABLE);
  if (!table) {
    return;
  }
  set(table, 'role', acts.shown ? 'treegrid' : 'grid');
  for (const line of table.querySelectorAll('tr[aria-rowindex]')) {
    const node = acts.node(Number(line.getAttribute('aria-rowindex')) - 2);
    set(line, 'aria-level', node ? String(node.depth + 1) : null);
    set(line, 'aria-expanded', node?.children ? String(node.open) : null);
  }
}

function set(element: Element, name: string, value: string | null): void {
  if (value === null) {
    element.removeAttribute(name);
  } else if (element.getAttribute(name) !== value) {
    element.setAttribute(name, value);
  }
}

export function useTreegrid(layer: RefObject<HTMLElement | null>, acts: TreeActs, version: number): void {
  useEffect(() => {
    const element = layer.current;
    if (!element) {
      return undefined;
    }
    const tend = () => tendTree(element, acts);
    tend();
    const watch = new MutationObserver(tend);
    watch.observe(element, { childList: true, subtree: true, characterData: true });
    return () => watch.disconnect();
  }, [layer, acts]);
  useEffect(() => {
    if (layer.current) {
      tendTree(layer.current, acts);
    }
  }, [layer, acts, version]);
}
