import type { Box, PeerMark, ViewCell } from '../view';
import type { Palette } from './theme';

const PAD = 9;
const BOX = 15;
const ARROW = 14;

/** Where the checkbox of a cell stands. */
export function checkbox(rect: Box): Box {
  return { x: rect.x + (rect.width - BOX) / 2, y: rect.y + (rect.height - BOX) / 2, width: BOX, height: BOX };
}

/** Where the arrow of a choice stands. */
export function arrow(rect: Box): Box {
  return { x: rect.x + rect.width - ARROW - 6, y: rect.y, width: ARROW + 6, height: rect.height };
}

export function inside(box: Box, x: number, y: number): boolean {
  return x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height;
}

/** Draws the contents of one cell; its background and lines are the grid library's. */
export function drawCell(
  ctx: CanvasRenderingContext2D,
  rect: Box,
  cell: ViewCell,
  palette: Palette,
  font: string,
  hover: number
): void {
  if (cell.marked) {
    fill(ctx, rect, palette.mark);
  }
  if (cell.state === 'rejected') {
    fill(ctx, rect, palette.errorTint);
  }
  cell.peers?.forEach(({ wash }) => wash && fill(ctx, rect, wash));
  if (cell.flash?.wash) {
    fill(ctx, rect, cell.flash.wash);
  }
  switch (cell.look) {
    case 'loading':
      drawPlaceholder(ctx, rect, palette);
      return;
    case 'checkbox':
      drawCheckbox(ctx, checkbox(rect), cell, palette);
      break;
    case 'missing':
      drawText(ctx, rect, 'missing', cell.numeric ? 'right' : 'left', palette.faint, `italic ${font}`);
      break;
    case 'number':
      drawText(ctx, rect, cell.text, 'right', ink(cell, palette), font);
      break;
    case 'choice':
      drawText(ctx, { ...rect, width: rect.width - ARROW - 2 }, cell.text, 'left', ink(cell, palette), font);
      drawChevron(ctx, arrow(rect), palette, hover);
      break;
    default:
      drawText(ctx, rect, cell.text, 'left', ink(cell, palette), font);
  }
  if (cell.state === 'pending') {
    ctx.fillStyle = palette.brand;
    ctx.fillRect(rect.x + 1, rect.y + rect.height - 2, Math.min(14, rect.width - 2), 1);
  } else if (cell.state === 'rejected') {
    drawCorner(ctx, rect, palette.error);
  }
  if (cell.flash) {
    drawTouched(ctx, rect, cell.flash.mark);
  }
  cell.peers?.forEach(mark => drawPeer(ctx, rect, mark));
}

function ink(cell: ViewCell, palette: Palette): string {
  if (cell.state === 'rejected') {
    return palette.error;
  }
  return cell.faded || cell.state === 'pending' ? palette.soft : palette.ink;
}

function fill(ctx: CanvasRenderingContext2D, rect: Box, color: string): void {
  ctx.fillStyle = color;
  ctx.fillRect(rect.x + 1, rect.y + 1, rect.width - 1, rect.height - 1);
}

/** A small corner at the lower left: somebody changed this lately. */
function drawTouched(ctx: CanvasRenderingContext2D, rect: Box, color: string): void {
  const bottom = rect.y + rect.height;
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(rect.x + 1, bottom - 6);
  ctx.lineTo(rect.x + 1, bottom);
  ctx.lineTo(rect.x + 7, bottom);
  ctx.fill();
}

function drawPeer(ctx: CanvasRenderingContext2D, rect: Box, mark: PeerMark): void {
  const { x, y, width, height } = { x: rect.x + 1, y: rect.y + 1, width: rect.width - 1, height: rect.height - 1 };
  ctx.fillStyle = mark.color;
  if (mark.cursor) {
    ctx.fillRect(x, y, width, 2);
    ctx.fillRect(x, y + height - 2, width, 2);
    ctx.fillRect(x, y, 2, height);
    ctx.fillRect(x + width - 2, y, 2, height);
    return;
  }
  if (mark.top) {
    ctx.fillRect(x, y, width, 1);
  }
  if (mark.bottom) {
    ctx.fillRect(x, y + height - 1, width, 1);
  }
  if (mark.left) {
    ctx.fillRect(x, y, 1, height);
  }
  if (mark.right) {
    ctx.fillRect(x + width - 1, y, 1, height);
  }
}

function drawText(
  ctx: CanvasRenderingContext2D,
  rect: Box,
  text: string,
  align: 'left' | 'right',
  color: string,
  font: string
): void {
  if (!text) {
    return;
  }
  ctx.font = font;
  ctx.fillStyle = color;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const room = rect.width - 2 * PAD;
  const shown = align === 'right' && /\d/.test(text) ? fitNumber(ctx, font, text, room) : fit(ctx, font, text, room);
  const x = align === 'right' ? rect.x + rect.width - PAD - measure(ctx, font, shown) : rect.x + PAD;
  ctx.fillText(shown, Math.max(x, rect.x + 3), rect.y + rect.height / 2 + 0.5);
}

const widths = new Map<string, number>();

/** Text widths, remembered: a table shows the same words and digits again and again. */
export function measure(ctx: CanvasRenderingContext2D, font: string, text: string): number {
  const key = `${font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) {
      widths.clear();
    }
    ctx.font = font;
    width = ctx.measureText(text).width;
    widths.set(key, width);
  }
  return width;
}

/** No letter is wider; shorter texts need no measuring. */
const WIDEST = 20;

/** A number that fits into `room`, or marks that it does not: a number without its end is another number. */
export function fitNumber(ctx: CanvasRenderingContext2D, font: string, text: string, room: number): string {
  if (measure(ctx, font, text) <= room) {
    return text;
  }
  return '#'.repeat(Math.max(1, Math.floor(room / measure(ctx, font, '#'))));
}

/** `text`, or its longest beginning with an ellipsis that fits into `room`. */
export function fit(ctx: CanvasRenderingContext2D, font: string, text: string, room: number): string {
  if (text.length * WIDEST < room || measure(ctx, font, text) <= room) {
    return text;
  }
  let low = 0;
  let high = Math.min(text.length, Math.ceil(room / 2));
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= room) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low > 0 ? `${text.slice(0, low)}…` : '';
}

function drawPlaceholder(ctx: CanvasRenderingContext2D, rect: Box, palette: Palette): void {
  const room = rect.width - 2 * PAD;
  if (room < 8) {
    return;
  }
  ctx.fillStyle = palette.lineSoft;
  ctx.beginPath();
  ctx.roundRect(rect.x + PAD, rect.y + rect.height / 2 - 4, room * 0.6, 8, 4);
  ctx.fill();
}

function drawCheckbox(ctx: CanvasRenderingContext2D, box: Box, cell: ViewCell, palette: Palette): void {
  ctx.beginPath();
  ctx.roundRect(box.x + 0.5, box.y + 0.5, box.width - 1, box.height - 1, 3);
  if (!cell.checked) {
    ctx.strokeStyle = palette.faint;
    ctx.lineWidth = 1.2;
    ctx.stroke();
    return;
  }
  ctx.fillStyle = cell.faded ? palette.soft : palette.brandFill;
  ctx.fill();
  ctx.strokeStyle = palette.onBrand;
  ctx.lineWidth = 1.8;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  ctx.beginPath();
  ctx.moveTo(box.x + 3.8, box.y + 7.9);
  ctx.lineTo(box.x + 6.5, box.y + 10.6);
  ctx.lineTo(box.x + 11.3, box.y + 4.8);
  ctx.stroke();
}

function drawChevron(ctx: CanvasRenderingContext2D, box: Box, palette: Palette, hover: number): void {
  const x = box.x + box.width / 2 - 1;
  const y = box.y + box.height / 2;
  ctx.strokeStyle = hover > 0 ? palette.soft : palette.faint;
  ctx.lineWidth = 1.3;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  ctx.beginPath();
  ctx.moveTo(x - 3.5, y - 1.5);
  ctx.lineTo(x, y + 2);
  ctx.lineTo(x + 3.5, y - 1.5);
  ctx.stroke();
}

function drawCorner(ctx: CanvasRenderingContext2D, rect: Box, color: string): void {
  const right = rect.x + rect.width;
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(right - 8, rect.y + 1);
  ctx.lineTo(right, rect.y + 1);
  ctx.lineTo(right, rect.y + 9);
  ctx.fill();
}
