/** Draws a tree's cells: labels with their triangles, totals on a ground of their own, marks of what is kept. */
import { drawFate } from '../grid/drawing/fates';
import { fit, inside } from '../grid/drawing/draw';
import { PATHS } from '../grid/drawing/icons';
import type { Palette } from '../grid/drawing/theme';
import type { Box, ViewCell } from '../grid/view';
import { TWISTY, twistyBox } from './place';

const PAD = 7;
const MARK = 11;

/** Whether a press at a point of a cell is on its triangle. */
export function onTwisty({ node, look }: ViewCell, rect: Box, x: number, y: number): boolean {
  return look === 'node' && node !== undefined && node.twisty !== 'none' && inside(twistyBox(rect, node.depth), x, y);
}

export function drawNode(
  ctx: CanvasRenderingContext2D,
  rect: Box,
  cell: ViewCell,
  palette: Palette,
  font: string,
  hover: number
): void {
  const { node } = cell;
  if (!node) {
    drawFate(ctx, rect, cell, palette, font, hover);
    if (cell.mark) {
      drawMark(ctx, rect, cell.mark, cell.numeric, palette);
    }
    return;
  }
  drawGround(ctx, rect, node.rank, palette);
  const own = cell.strong ? `600 ${font}` : font;
  if (cell.look !== 'node') {
    drawFate(ctx, rect, cell, palette, own, hover);
    if (cell.mark) {
      drawMark(ctx, rect, cell.mark, true, palette);
    }
    return;
  }
  if (cell.marked) {
    drawFate(ctx, rect, { ...cell, text: '', look: 'text' }, palette, font, hover);
  }
  const box = twistyBox(rect, node.depth);
  if (node.twisty !== 'none') {
    drawTwisty(ctx, box, node.twisty === 'open', hover > 0 ? palette.ink : palette.soft);
  }
  const x = box.x + TWISTY + 2;
  ctx.font = own;
  ctx.fillStyle = palette.ink;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(fit(ctx, own, cell.text, rect.x + rect.width - x - PAD), x, rect.y + rect.height / 2 + 0.5);
}

/** The higher a node stands, the more its row is set off. */
function drawGround(ctx: CanvasRenderingContext2D, rect: Box, rank: number, palette: Palette): void {
  if (rank > 0) {
    ctx.globalAlpha = Math.min(1, 0.3 + 0.25 * (rank - 1));
    ctx.fillStyle = palette.sunken;
    ctx.fillRect(rect.x + 1, rect.y + 1, rect.width - 1, rect.height - 1);
    ctx.globalAlpha = 1;
  }
}

function drawTwisty(ctx: CanvasRenderingContext2D, box: Box, open: boolean, color: string): void {
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  const corners = open ? [-4, -2, 4, -2, 0, 3.4] : [-2, -4, -2, 4, 3.4, 0];
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(x + (corners[0] ?? 0), y + (corners[1] ?? 0));
  ctx.lineTo(x + (corners[2] ?? 0), y + (corners[3] ?? 0));
  ctx.lineTo(x + (corners[4] ?? 0), y + (corners[5] ?? 0));
  ctx.fill();
}

function drawMark(ctx: CanvasRenderingContext2D, rect: Box, mark: 'hold' | 'lock', left: boolean, palette: Palette): void {
  ctx.save();
  ctx.translate(left ? rect.x + 5 : rect.x + rect.width - MARK - 4, rect.y + (rect.height - MARK) / 2);
  ctx.scale(MARK / 16, MARK / 16);
  ctx.strokeStyle = mark === 'hold' ? palette.brandInk : palette.warn;
  ctx.lineWidth = 1.7;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  ctx.stroke(new Path2D(mark === 'hold' ? PATHS.pin : PATHS.lock));
  ctx.restore();
}
