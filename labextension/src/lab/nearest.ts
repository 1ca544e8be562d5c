/** Which grid of a page is meant, and which variable a notebook's cell shows. */

/** The grid that is meant: the one with the keyboard, else that of the active cell, else the only one in sight. */
export function gridAt(panel: HTMLElement, cell: HTMLElement | null, focused: Element | null): HTMLElement | null {
  const own = focused?.closest<HTMLElement>('.tw-Grid');
  const first = cell ? cell.querySelector<HTMLElement>('.tw-Grid') : panel.querySelector<HTMLElement>('.tw-Grid');
  return own && panel.contains(own) ? own : first;
}

/** The variable that a cell shows, as its last line says. */
export function shownName(source: string): string | null {
  const last = source.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return /^(?:%tab (?:show )?)?([^\W\d]\w*)(?:\.(?:head|tail|sample)\(\d*\))?(?:\s+--.*)?$/u.exec(last)?.[1] ?? null;
}
