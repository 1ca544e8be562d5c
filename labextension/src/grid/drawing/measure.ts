import type { Column } from '../../protocol';
import type { Session } from '../../session/api';
import { figure, titled } from '../../tree/figures';
import { labelRoom } from '../../tree/place';
import { formatValue } from '../../values';
import { dayText } from './dates';
import { HEADER_HEIGHT } from './header';
import type { Palette } from './theme';

/** Room for a distribution in the header. */
const LEAST = 76;
/** Room for a number of any size as it is shown. */
const LEAST_FLOAT = 106;
const MOST = 640;
const PAD = 22;
/** Room for the mark of a total that is kept. */
const MARK = 10;
/** Room for the labels of levels that are not open yet. */
const LABEL = 110;
/** Only the longest texts are measured. */
const MEASURED = 12;

let pen: CanvasRenderingContext2D | null = null;

/** About how wide a text is: letters beyond Latin take more. */
function size(text: string): number {
  return /[^\0-\u024f]/.test(text) ? text.length * 1.7 : text.length;
}

/** The width that shows a column's name and its values in the rows `[start, stop)`, at most `most`. */
export function measureColumn(
  session: Session,
  column: Column,
  [start, stop]: [number, number],
  palette: Palette,
  most = MOST
): number {
  pen ??= document.createElement('canvas').getContext('2d');
  const ctx = pen;
  if (!ctx) {
    return 150;
  }
  ctx.font = `600 12.5px ${palette.font}`;
  const { tree } = session.state;
  const least = tree && column.index ? labelRoom(tree.levels.length) + LABEL : 0;
  const { name, dtype } = tree ? titled(tree, column) : column;
  let width = ctx.measureText(name).width + HEADER_HEIGHT * 0.6;
  ctx.font = `11px ${palette.font}`;
  width = Math.max(width, ctx.measureText(dtype).width + 38);
  ctx.font = `${tree ? '600 ' : ''}12.5px ${palette.font}`;
  const room = column.kind === 'category' ? 16 : 0;
  const texts = new Set<string>(column.categories ?? []);
  for (let row = start; row < stop; row++) {
    const cell = session.cell(row, column.id);
    if (cell && tree) {
      const label = column.index ? String(cell.value) : figure(tree, column, cell.value);
      const depth = column.index ? (session.planner.facts(row)?.node?.depth ?? 0) : -1;
      width = Math.max(width, ctx.measureText(label).width + (depth < 0 ? PAD + MARK : labelRoom(depth)));
    } else if (cell) {
      texts.add(cell.value === null ? 'missing' : formatValue(column, cell.value).slice(0, 120));
    }
  }
  const days = column.kind === 'timestamp' && [...texts].every(text => text === 'missing' || dayText(text) !== text);
  const longest = [...texts].sort((a, b) => size(b) - size(a)).slice(0, MEASURED);
  for (const text of longest) {
    width = Math.max(width, ctx.measureText(days ? dayText(text) : text).width + PAD + room);
  }
  return Math.round(Math.min(most, Math.max(column.kind === 'float' ? LEAST_FLOAT : LEAST, least, width)));
}
