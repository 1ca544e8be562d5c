import { useEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { CodePanel } from './code_panel';
import { IconButton } from './controls';
import { HistoryPanel } from './history_panel';
import { useGrid, useGridState } from './scope';

/** The panel at the right of the cells: history or code. */
export function SidePanel() {
  const { panel } = useGridState();
  if (panel.kind === 'history') {
    return <HistoryPanel row={panel.row} column={panel.column} />;
  }
  return panel.kind === 'code' ? <CodePanel /> : null;
}

/** The frame of a side panel. Esc closes it. */
export function Side({
  title,
  detail,
  actions,
  children
}: {
  title: string;
  detail?: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { controller, focusGrid } = useGrid();
  const panel = useRef<HTMLElement>(null);
  useEffect(() => panel.current?.focus(), []);
  const close = () => {
    controller.close();
    focusGrid();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    }
  };
  return (
    <aside ref={panel} className="tw-Side" aria-label={title} tabIndex={-1} onKeyDown={onKeyDown}>
      <header className="tw-Side-head">
        <h2>{title}</h2>
        {detail && <span className="tw-Side-detail">{detail}</span>}
        <span className="tw-Page-space" />
        {actions}
        <IconButton small icon="close" label={`Close ${title.toLowerCase()}`} keys="Esc" onClick={close} />
      </header>
      {children}
    </aside>
  );
}
