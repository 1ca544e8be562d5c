import type { DataEditorRef } from '@glideapps/glide-data-grid';
import { useEffect, useState } from 'react';
import type { Block, ViewProps } from '../view';
import type { Latest, Mounted, Seen } from './handle';
import { toGlide } from './selection';

/** How often a drag past the edge scrolls on, in milliseconds. */
const BEAT = 40;

/** The rows that a fill from `source` to the pointer's row writes, or null while the pointer is in the source. */
export function fillTarget(source: Block, row: number, rows: number): Block | null {
  const to = Math.max(0, Math.min(row, rows - 1));
  const end = source.row + source.rows;
  if (to >= end) {
    return { ...source, row: end, rows: to - end + 1 };
  }
  return to < source.row ? { ...source, row: to, rows: source.row - to } : null;
}

/**
 * Draws out the fill handle, and returns the rows it would write. Glide's own drag begins and ends in React's state, and is
 * lost when the button is released before that is drawn.
 */
export function useFill(
  wrapper: Latest<HTMLDivElement | null>,
  editor: Latest<DataEditorRef | null>,
  latest: Latest<ViewProps>,
  seen: Latest<Seen>,
  mounted: Mounted
): Block | null {
  const [target, setTarget] = useState<Block | null>(null);
  useEffect(() => {
    const element = wrapper.current;
    if (!element) {
      return undefined;
    }
    let end: (() => void) | null = null;

    const begin = (source: Block) => {
      const move = new AbortController();
      const heard = { capture: true, signal: move.signal };
      let pointer: PointerEvent | null = null;
      let row = source.row;
      const follow = (event: PointerEvent) => {
        pointer = event;
        row = rowAt(event.clientY);
        setTarget(fillTarget(source, row, latest.current.rows));
      };
      /** How far the pointer is below the rows, or (negative) above them. */
      const beyond = (): number => {
        const box = element.getBoundingClientRect();
        const y = pointer?.clientY ?? box.top + latest.current.headerHeight;
        const top = box.top + latest.current.headerHeight;
        return y < top ? y - top : Math.max(0, y - box.bottom);
      };
      const timer = window.setInterval(() => {
        const distance = beyond();
        if (distance) {
          const { rows, picked } = latest.current;
          const step = Math.sign(distance) * (1 + Math.floor(Math.abs(distance) / 24));
          row = Math.max(0, Math.min(row + step, rows - 1));
          mounted.reveal({ row, column: picked.cursor?.column ?? source.column });
          setTarget(fillTarget(source, row, rows));
        }
      }, BEAT);
      end = () => {
        move.abort();
        window.clearInterval(timer);
        element.classList.remove('tw-mod-filling');
        setTarget(null);
        end = null;
      };
      element.classList.add('tw-mod-filling');
      window.addEventListener('pointermove', follow, heard);
      window.addEventListener('pointercancel', () => end?.(), heard);
      window.addEventListener(
        'keydown',
        event => {
          if (event.key === 'Escape') {
            event.stopPropagation();
            end?.();
          }
        },
        heard
      );
      window.addEventListener(
        'pointerup',
        event => {
          if (!beyond()) {
            follow(event);
          }
          const { rows, events } = latest.current;
          const found = fillTarget(source, row, rows);
          end?.();
          if (found) {
            const { row: first, rows: more } = found;
            const whole = { ...source, row: Math.min(source.row, first), rows: source.rows + more };
            events.picked({ cursor: { row: source.row, column: source.column }, blocks: [whole] });
            events.filled(source, found, event.ctrlKey || event.metaKey);
          }
        },
        heard
      );
    };

    const rowAt = (clientY: number): number => {
      const { headerHeight, rowHeight } = latest.current;
      const box = element.getBoundingClientRect();
      const y = Math.max(0, Math.min(clientY - box.top, box.height - 1) - headerHeight);
      return Math.floor((seen.current.top + y) / rowHeight);
    };

    const down = (event: PointerEvent) => {
      const hit = event.button === 0 ? editor.current?.getMouseArgsForPosition(event.clientX, event.clientY, event) : undefined;
      if (hit?.kind !== 'cell' || !hit.isFillHandle) {
        return;
      }
      event.stopImmediatePropagation();
      const { picked, rows, columns } = latest.current;
      const range = toGlide(picked, rows, columns.length).current?.range;
      if (range) {
        end?.();
        begin({ row: range.y, column: range.x, rows: range.height, columns: range.width });
      }
    };
    element.addEventListener('pointerdown', down, true);
    return () => {
      end?.();
      element.removeEventListener('pointerdown', down, true);
    };
  }, [wrapper, editor, latest, seen, mounted]);
  return target;
}
