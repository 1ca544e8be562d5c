import { useCallback, useEffect, useLayoutEffect, useRef } from 'react';
import type { KeyboardEvent, ReactNode, SyntheticEvent } from 'react';
import { createPortal } from 'react-dom';
import { adoptStyles } from '../../styles';
import { useGrid, useMode } from './scope';

const MARGIN = 8;
const GAP = 3;
const FOCUSABLE =
  'button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), a[href], [tabindex="0"]';

export interface Size {
  width: number;
  height: number;
}

/** Where a popover goes: below its anchor, else above, else wherever it is wholly on the screen. */
export function place(anchor: DOMRect, size: Size, screen: Size): { left: number; top: number } {
  const fit = (start: number, length: number, limit: number) => Math.max(MARGIN, Math.min(start, limit - length - MARGIN));
  const below = anchor.bottom + GAP;
  const above = anchor.top - GAP - size.height;
  const fitsBelow = below + size.height <= screen.height - MARGIN;
  const top = fitsBelow || above < MARGIN ? below : above;
  return { left: fit(anchor.left, size.width, screen.width), top: fit(top, size.height, screen.height) };
}

/** The elements inside that Tab can reach, in order. */
function focusables(root: HTMLElement): HTMLElement[] {
  return [...root.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(
    element => element.tabIndex >= 0 && !element.closest('[inert]')
  );
}

/** Focuses the element marked `data-tw-first`, else the first that can be, else `root` itself. */
function focusFirst(root: HTMLElement) {
  const first = root.querySelector<HTMLElement>('[data-tw-first]') ?? focusables(root)[0] ?? root;
  first.focus({ preventScroll: true });
}

/** Keeps Tab inside `root`. */
function trapTab(event: KeyboardEvent, root: HTMLElement) {
  const stops = focusables(root);
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (!first || !last) {
    event.preventDefault();
    return;
  }
  const active = document.activeElement;
  if (event.shiftKey && (active === first || active === root)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && active === last) {
    event.preventDefault();
    first.focus();
  }
}

const hush = (event: SyntheticEvent) => event.stopPropagation();

interface PopoverProps {
  anchor: DOMRect;
  label: string;
  width: number;
  onClose: () => void;
  children: ReactNode;
  /** The first element to focus is the one marked `data-tw-first`; when this changes it is looked for again. */
  page?: string;
}

/** A dialog in the body of the document, on top of everything; Tab stays inside, Esc and a click outside close it. */
export function Popover({ anchor, label, width, onClose, children, page = '' }: PopoverProps) {
  const root = useRef<HTMLDivElement>(null);
  const mode = useMode();
  const { focusGrid } = useGrid();

  const settle = useCallback(() => {
    const element = root.current;
    if (element) {
      const size = { width: element.offsetWidth, height: element.offsetHeight };
      const { left, top } = place(anchor, size, { width: window.innerWidth, height: window.innerHeight });
      element.style.left = `${left}px`;
      element.style.top = `${top}px`;
    }
  }, [anchor]);

  useLayoutEffect(() => {
    const element = root.current;
    if (!element) {
      return;
    }
    adoptStyles(element);
    settle();
    const watch = new ResizeObserver(settle);
    watch.observe(element);
    // Keys go nowhere once the focused element was taken away or disabled; the popover then takes the focus back.
    const guard = new MutationObserver(() => {
      if (document.activeElement === document.body || !document.activeElement) {
        focusFirst(element);
      }
    });
    guard.observe(element, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
    window.addEventListener('resize', settle);
    return () => {
      watch.disconnect();
      guard.disconnect();
      window.removeEventListener('resize', settle);
    };
  }, [settle]);

  useLayoutEffect(() => {
    if (root.current) {
      focusFirst(root.current);
    }
  }, [page]);

  useEffect(() => {
    const outside = (event: Event) => {
      if (event.target instanceof Node && !root.current?.contains(event.target)) {
        onClose();
      }
    };
    document.addEventListener('pointerdown', outside, true);
    document.addEventListener('wheel', outside, { capture: true, passive: true });
    return () => {
      document.removeEventListener('pointerdown', outside, true);
      document.removeEventListener('wheel', outside, true);
    };
  }, [onClose]);

  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      onClose();
      focusGrid();
    } else if (event.key === 'Tab' && root.current) {
      trapTab(event, root.current);
    }
  };

  return createPortal(
    <div
      ref={root}
      className="tw-Scope tw-Popover"
      data-tw-theme={mode}
      data-lm-suppress-shortcuts="true"
      data-jp-suppress-context-menu=""
      role="dialog"
      aria-modal="true"
      aria-label={label}
      tabIndex={-1}
      style={{ width }}
      onKeyDown={onKeyDown}
      onKeyUp={hush}
      onKeyPress={hush}
      onPaste={hush}
      onCopy={hush}
      onCut={hush}
      onMouseDown={hush}
      onPointerDown={hush}
      onContextMenu={hush}
      onWheel={hush}
    >
      {children}
    </div>,
    document.body
  );
}
