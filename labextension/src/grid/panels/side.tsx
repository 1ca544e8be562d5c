import { useEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode } from 'react';
import { IconButton } from './controls';
import { useGrid } from './scope';

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
