import type { DataEditorRef, GridMouseEventArgs } from '@glideapps/glide-data-grid';
import { useEffect } from 'react';
import { onTwisty } from '../../tree/draw_node';
import { arrow, checkbox, inside } from '../drawing/draw';
import { at, many } from '../selection';
import type { Box, Spot, ViewProps } from '../view';
import type { Latest } from './handle';

/**
 * Presses that mean something other than selecting, caught before Glide sees them: checkboxes, arrows of choices, buttons
 * in headers, menus, and double clicks on edges and on the fill handle.
 */
export function usePointer(
  wrapper: Latest<HTMLDivElement | null>,
  editor: Latest<DataEditorRef | null>,
  latest: Latest<ViewProps>
): void {
  useEffect(() => {
    const element = wrapper.current;
    if (!element) {
      return undefined;
    }
    const find = (event: MouseEvent) => editor.current?.getMouseArgsForPosition(event.clientX, event.clientY, event);
    const down = (event: PointerEvent) => {
      const hit = event.button === 0 ? find(event) : undefined;
      if (hit && press(hit, event, latest.current)) {
        event.stopPropagation();
        swallowMouseDown();
      }
    };
    const menu = (event: MouseEvent) => {
      const hit = find(event);
      event.preventDefault();
      event.stopPropagation();
      if (hit) {
        openMenu(hit, event, latest.current);
      }
    };
    const double = (event: MouseEvent) => {
      const hit = find(event);
      if (hit?.kind === 'header' && hit.isEdge && hit.location[0] >= 0) {
        latest.current.events.autosized(hit.location[0]);
      } else if (hit?.kind === 'cell' && hit.isFillHandle) {
        latest.current.events.filledDown();
      } else if (hit?.kind === 'cell' && hit.location[0] >= 0) {
        latest.current.events.activated({ row: hit.location[1], column: hit.location[0] });
      }
    };
    const leave = () => latest.current.events.hovered(null);
    element.addEventListener('pointerdown', down, true);
    element.addEventListener('contextmenu', menu, true);
    element.addEventListener('dblclick', double);
    element.addEventListener('pointerleave', leave);
    return () => {
      element.removeEventListener('pointerdown', down, true);
      element.removeEventListener('contextmenu', menu, true);
      element.removeEventListener('dblclick', double);
      element.removeEventListener('pointerleave', leave);
    };
  }, [wrapper, editor, latest]);
}

/**
 * Keeps the mouse event of a press that was taken from everybody: JupyterLab would take the focus back to the notebook from
 * the menu that the press has opened.
 */
function swallowMouseDown(): void {
  const over = new AbortController();
  const heard = { capture: true, once: true, signal: over.signal };
  window.addEventListener(
    'mousedown',
    event => {
      event.preventDefault();
      event.stopPropagation();
    },
    heard
  );
  window.addEventListener('pointerup', () => over.abort(), heard);
  window.addEventListener('pointercancel', () => over.abort(), heard);
}

function press(hit: GridMouseEventArgs, event: PointerEvent, { events, cell, columns, rows, picked }: ViewProps): boolean {
  const [column, row] = hit.location;
  if (column < 0) {
    return false;
  }
  if (hit.kind === 'header') {
    const size = { width: hit.bounds.width, height: hit.bounds.height };
    const add = event.shiftKey || event.ctrlKey || event.metaKey;
    return !hit.isEdge && events.headerPressed(column, { x: hit.localEventX, y: hit.localEventY }, size, add);
  }
  if (hit.kind !== 'cell' || hit.isFillHandle || event.shiftKey || event.ctrlKey || event.metaKey) {
    return false;
  }
  const spot: Spot = { row, column };
  if (many(picked) && picked.cursor?.row === row && picked.cursor.column === column) {
    // Glide leaves a selection alone whose cursor is pressed.
    events.picked(at(spot, { rows, columns: columns.length }));
  }
  const drawn = cell(row, column);
  const { look } = drawn;
  const rect: Box = { x: 0, y: 0, width: hit.bounds.width, height: hit.bounds.height };
  if (onTwisty(drawn, rect, hit.localEventX, hit.localEventY)) {
    events.pressed(spot, event.altKey);
    return true;
  }
  const target = look === 'checkbox' ? checkbox(rect) : look === 'choice' ? arrow(rect) : null;
  if (!target || !columns[column]?.editable || !inside(target, hit.localEventX, hit.localEventY)) {
    return false;
  }
  events.pressed(spot, event.altKey);
  return true;
}

function openMenu(hit: GridMouseEventArgs, event: MouseEvent, { events, picked, rows, columns }: ViewProps): void {
  const [column, row] = hit.location;
  if (hit.kind === 'header' && column >= 0) {
    events.headerMenu(column);
    return;
  }
  if (hit.kind !== 'cell') {
    return;
  }
  const spot = { row, column: Math.max(column, 0) };
  const isPicked = picked.blocks.some(
    block =>
      row >= block.row &&
      row < block.row + block.rows &&
      spot.column >= block.column &&
      spot.column < block.column + block.columns
  );
  if (!isPicked) {
    const one = at(spot, { rows, columns: columns.length });
    events.picked(column < 0 ? { ...one, blocks: [{ row, column: 0, rows: 1, columns: columns.length }] } : one);
  }
  events.cellMenu(spot, { x: event.clientX, y: event.clientY });
}
