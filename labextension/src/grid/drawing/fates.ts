/** Draws cells and headers of which something is proposed: what they are and what they would be. */
import type { Column } from '../../protocol';
import type { ColumnFate } from '../overlay';
import type { Box, ViewCell } from '../view';
import { drawCell, fit, fitNumber, measure } from './draw';
import type { Palette } from './theme';

const PAD = 9;
const GAP = 7;
/** Where the name stands in a header. */
const NAME_Y = 16;

interface Ink {
  ground: string;
  bar: string;
}

function inks(fate: ColumnFate['fate'], palette: Palette): Ink {
  return fate === 'removed' ? { ground: palette.errorTint, bar: palette.error } : { ground: palette.goodTint, bar: palette.good };
}

/** Draws a cell with what would become of it: its own value struck out, and the new one where there is one. */
export function drawFate(
  ctx: CanvasRenderingContext2D,
  rect: Box,
  cell: ViewCell,
  palette: Palette,
  font: string,
  hover: number
): void {
  const { fate } = cell;
  if (!fate) {
    drawCell(ctx, rect, cell, palette, font, hover);
    return;
  }
  const { ground, bar } = inks(fate.fate, palette);
  ctx.fillStyle = ground;
  ctx.fillRect(rect.x + 1, rect.y + 1, rect.width - 1, rect.height - 1);
  if (cell.look === 'loading') {
    drawCell(ctx, rect, cell, palette, font, hover);
    return;
  }
  const { after } = fate;
  const now = cell.look === 'checkbox' ? String(cell.checked) : cell.text;
  const pieces: Piece[] = [];
  if (fate.fate === 'changed' || now || cell.look === 'missing') {
    pieces.push({ ...piece(ctx, cell.look === 'missing' ? '' : now, palette.soft, font, palette), struck: true });
  }
  if (after !== undefined) {
    pieces.push(piece(ctx, after, palette.ink, fate.fate === 'changed' ? `600 ${font}` : font, palette));
  }
  write(ctx, rect, fate.fate === 'added' ? pieces.slice(-1) : pieces, cell.numeric);
  if (fate.fate === 'changed') {
    ctx.fillStyle = bar;
    ctx.fillRect(rect.x + 1, rect.y + 1, 2, rect.height - 1);
  }
  if (cell.peers?.length) {
    drawCell(ctx, rect, { ...cell, text: '', look: 'text', state: 'stored' }, palette, font, hover);
  }
}

interface Piece {
  text: string;
  color: string;
  font: string;
  width: number;
  struck: boolean;
}

/** A text as it is written; an empty one is the missing value. */
function piece(ctx: CanvasRenderingContext2D, text: string, color: string, font: string, palette: Palette): Piece {
  const shown = text === '' ? 'missing' : text;
  const face = text === '' ? `italic ${font}` : font;
  return { text: shown, color: text === '' ? palette.soft : color, font: face, width: measure(ctx, face, shown), struck: false };
}

/** Writes pieces side by side; where they do not all fit, the last one alone. */
function write(ctx: CanvasRenderingContext2D, rect: Box, pieces: readonly Piece[], right: boolean): void {
  const room = rect.width - 2 * PAD;
  const all = pieces.reduce((sum, each) => sum + each.width, 0) + GAP * (pieces.length - 1);
  const shown = all <= room ? pieces : pieces.slice(-1).map(last => cut(ctx, last, room, right));
  const width = shown.reduce((sum, each) => sum + each.width, 0) + GAP * (shown.length - 1);
  let x = right ? rect.x + rect.width - PAD - width : rect.x + PAD;
  const y = rect.y + rect.height / 2 + 0.5;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { text, color, font, width: wide, struck } of shown) {
    ctx.font = font;
    ctx.fillStyle = color;
    ctx.fillText(text, x, y);
    if (struck) {
      ctx.fillRect(x - 1, Math.round(y), wide + 2, 1);
    }
    x += wide + GAP;
  }
}

function cut(ctx: CanvasRenderingContext2D, { text, font, ...rest }: Piece, room: number, right: boolean): Piece {
  const shown = right && /\d/.test(text) ? fitNumber(ctx, font, text, room) : fit(ctx, font, text, room);
  return { ...rest, text: shown, font, width: measure(ctx, font, shown) };
}

/** Marks a header: a column that would go is struck out, one that would come or change has a line above it. */
export function drawColumnFate(
  ctx: CanvasRenderingContext2D,
  rect: Box,
  column: Column,
  { fate }: ColumnFate,
  palette: Palette
): void {
  const { bar } = inks(fate, palette);
  ctx.fillStyle = bar;
  ctx.fillRect(rect.x + 1, rect.y, rect.width - 1, 3);
  if (fate === 'removed') {
    const font = `${column.index ? 'italic ' : ''}600 12.5px ${palette.font}`;
    const width = Math.min(measure(ctx, font, column.name), rect.width - 2 * PAD - 16);
    ctx.fillRect(rect.x + PAD - 1, rect.y + NAME_Y, width + 2, 1.5);
  }
}
