import type { Column } from '../protocol';
import type { Session } from '../session/api';
import { formatValue } from '../values';
import { HEADER_HEIGHT } from './header';
import type { Palette } from './theme';

const LEAST = 60;
const MOST = 640;
const PAD = 22;

/** The width that shows a column's name and its values in the rows `[start, stop)`. */
export function measureColumn(session: Session, column: Column, [start, stop]: [number, number], palette: Palette): number {
  const ctx = document.createElement('canvas').getContext('2d');
  if (!ctx) {
    return 150;
  }
  ctx.font = `600 12.5px ${palette.font}`;
  let width = ctx.measureText(column.name).width + HEADER_HEIGHT * 0.6;
  ctx.font = `11px ${palette.font}`;
  width = Math.max(width, ctx.measureText(column.dtype).width + 30);
  ctx.font = `12.5px ${palette.font}`;
  const room = column.kind === 'category' ? 16 : 0;
  for (let row = start; row < stop; row++) {
    const cell = session.cell(row, column.id);
    if (cell) {
      const text = cell.value === null ? 'missing' : formatValue(column, cell.value).slice(0, 120);
      width = Math.max(width, ctx.measureText(text).width + PAD + room);
    }
  }
  return Math.round(Math.min(MOST, Math.max(LEAST, width)));
}
