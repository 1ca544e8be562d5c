import type { Column, Profile, ValueCount } from '../../protocol';
import { PATHS, type IconName } from './icons';
import type { Palette } from './theme';

/** Height of a column header in CSS pixels. */
export const HEADER_HEIGHT = 62;

/** A box in CSS pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What one header shows. `profile` is absent until it is computed. */
export interface HeaderModel {
  column: Column;
  profile?: Profile | undefined;
  /** It has no distribution. */
  plain?: boolean;
  /** The direction, and the place among `keys` sort keys, counted from 1. */
  sort?: { descending: boolean; key: number; keys: number } | undefined;
  filtered: boolean;
  pinned: boolean;
  /** 0 to 1, as a hover fades in. */
  hover: number;
  /** The whole column is selected, or a cell in it. */
  selected: 'none' | 'cell' | 'column';
}

export type HeaderHit = 'menu' | 'sort' | 'none';

const PAD = 9;
const ICON = 14;
const MENU = 22;
const SORT = 16;
const NAME_Y = 16;
const TYPE_Y = 32;
const CHART_TOP = 41;
const CHART_HEIGHT = 15;

/** What lies under a point given relative to the header's own corner; `sorted` is whether a sort arrow is shown. */
export function hitHeader(x: number, y: number, size: { width: number; height: number }, sorted = false): HeaderHit {
  if (x < 0 || y < 0 || x > size.width || y > CHART_TOP - 2) {
    return 'none';
  }
  const right = size.width - 2;
  if (x >= right - MENU) {
    return 'menu';
  }
  return sorted && y < TYPE_Y - 6 && x >= right - MENU - SORT ? 'sort' : 'none';
}

const outlines = new Map<IconName, Path2D>();

function outline(name: IconName): Path2D {
  const known = outlines.get(name) ?? new Path2D(PATHS[name]);
  outlines.set(name, known);
  return known;
}

function drawIcon(ctx: CanvasRenderingContext2D, name: IconName, x: number, y: number, size: number, color: string) {
  ctx.save();
  ctx.translate(x, y);
  ctx.scale(size / 16, size / 16);
  ctx.strokeStyle = color;
  ctx.lineWidth = 1.4;
  ctx.lineCap = 'round';
  ctx.lineJoin = 'round';
  ctx.stroke(outline(name));
  ctx.restore();
}

/** The longest beginning of `text` that fits into `width`, with an ellipsis where it was cut. */
export function fitText(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) {
    return text;
  }
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(`${text.slice(0, middle)}…`) <= width) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low > 0 ? `${text.slice(0, low).trimEnd()}…` : '';
}

function drawText(ctx: CanvasRenderingContext2D, text: string, x: number, y: number, width: number): number {
  const fitted = fitText(text, width, part => ctx.measureText(part).width);
  ctx.fillText(fitted, x, y);
  return ctx.measureText(fitted).width;
}

/** A share as people write it: never 0 % for something, never 100 % for not all. */
export function formatShare(share: number): string {
  if (share <= 0) {
    return '0%';
  }
  if (share < 0.01) {
    return '<1%';
  }
  return share > 0.99 && share < 1 ? '>99%' : `${Math.round(share * 100)}%`;
}

/** Widths of stacked segments: the top values, the rest of the present rows, the missing ones; together `width`. */
export function stackWidths(profile: Profile, width: number): { top: number[]; rest: number; missing: number } {
  const rows = Math.max(profile.rows, 1);
  const missing = (profile.missing > 0 ? Math.max(profile.missing / rows, 3 / width) : 0) * width;
  const present = Math.max(rows - profile.missing, 1);
  const room = Math.max(width - missing, 0);
  const top = (profile.top ?? []).map(({ count }) => (count / present) * room);
  const used = top.reduce((sum, part) => sum + part, 0);
  return { top, rest: Math.max(room - used, 0), missing };
}

function drawHatch(ctx: CanvasRenderingContext2D, box: Box, palette: Palette) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(box.x, box.y, box.width, box.height);
  ctx.clip();
  ctx.fillStyle = palette.hover;
  ctx.fillRect(box.x, box.y, box.width, box.height);
  ctx.strokeStyle = palette.faint;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let offset = -box.height; offset < box.width; offset += 4) {
    ctx.moveTo(box.x + offset, box.y + box.height);
    ctx.lineTo(box.x + offset + box.height, box.y);
  }
  ctx.stroke();
  ctx.restore();
}

function drawBars(ctx: CanvasRenderingContext2D, profile: Profile, box: Box, palette: Palette) {
  const counts = profile.counts ?? [];
  const { missing } = stackWidths({ ...profile, top: [] }, box.width);
  const room = box.width - (missing > 0 ? missing + 2 : 0);
  const highest = Math.max(...counts, 1);
  const step = room / counts.length;
  const gap = step > 4 ? 1 : 0;
  ctx.fillStyle = palette.lineSoft;
  ctx.fillRect(box.x, box.y + box.height - 1, room, 1);
  ctx.fillStyle = palette.bar;
  counts.forEach((count, index) => {
    if (count > 0) {
      const height = Math.max((count / highest) * box.height, 1);
      ctx.fillRect(box.x + index * step, box.y + box.height - height, Math.max(step - gap, 0.8), height);
    }
  });
  if (missing > 0) {
    drawHatch(ctx, { ...box, x: box.x + box.width - missing, width: missing }, palette);
  }
}

const SHADES = [1, 0.74, 0.56, 0.42, 0.32, 0.24, 0.18];

function drawStack(ctx: CanvasRenderingContext2D, profile: Profile, box: Box, palette: Palette) {
  const widths = stackWidths(profile, box.width);
  let x = box.x;
  ctx.save();
  ctx.beginPath();
  ctx.roundRect(box.x, box.y, box.width, box.height, 3);
  ctx.clip();
  ctx.fillStyle = palette.hover;
  ctx.fillRect(box.x, box.y, box.width, box.height);
  widths.top.forEach((width, index) => {
    ctx.globalAlpha = SHADES[index] ?? 0.14;
    ctx.fillStyle = palette.bar;
    ctx.fillRect(x, box.y, Math.max(width - 1, 0.5), box.height);
    ctx.globalAlpha = 1;
    const label = segmentLabel(profile.top?.[index]);
    if (width > 34 && label) {
      ctx.fillStyle = palette.ink;
      ctx.font = `10px ${palette.font}`;
      drawText(ctx, label, x + 5, box.y + box.height / 2 + 0.5, width - 9);
    }
    x += width;
  });
  if (widths.missing > 0) {
    drawHatch(ctx, { ...box, x: box.x + box.width - widths.missing, width: widths.missing }, palette);
  }
  ctx.restore();
}

function segmentLabel(entry: ValueCount | undefined): string {
  return entry === undefined || entry.value === null ? '' : String(entry.value);
}

function drawShare(ctx: CanvasRenderingContext2D, profile: Profile, box: Box, palette: Palette) {
  const thin = { ...box, y: box.y + box.height - 5, height: 5 };
  const { missing } = stackWidths({ ...profile, top: [] }, box.width);
  ctx.fillStyle = palette.barSoft;
  ctx.fillRect(thin.x, thin.y, thin.width - missing, thin.height);
  if (missing > 0) {
    drawHatch(ctx, { ...thin, x: thin.x + thin.width - missing, width: missing }, palette);
  }
}

function drawUnique(ctx: CanvasRenderingContext2D, profile: Profile, box: Box, palette: Palette) {
  drawShare(ctx, profile, box, palette);
  ctx.fillStyle = palette.soft;
  ctx.font = `10px ${palette.font}`;
  const distinct = profile.distinct ?? 0;
  const all = distinct >= profile.rows - profile.missing && profile.exact !== false;
  drawText(ctx, all ? 'all different' : `${distinct.toLocaleString('en-US')} distinct`, box.x, box.y + 4, box.width);
}

/** The profile has values but none that stands out, so that a stack of the top ones would be empty. */
function isScattered(profile: Profile): boolean {
  const present = profile.rows - profile.missing;
  const shown = (profile.top ?? []).reduce((sum, { count }) => sum + count, 0);
  return (profile.distinct ?? 0) > 20 && shown < present * 0.1;
}

function drawDistribution(ctx: CanvasRenderingContext2D, profile: Profile, box: Box, palette: Palette) {
  if ((profile.counts ?? []).some(count => count > 0)) {
    drawBars(ctx, profile, box, palette);
  } else if (isScattered(profile)) {
    drawUnique(ctx, profile, box, palette);
  } else if (profile.top?.length) {
    drawStack(ctx, profile, box, palette);
  } else {
    drawShare(ctx, profile, box, palette);
  }
}

function drawSkeleton(ctx: CanvasRenderingContext2D, box: Box, palette: Palette) {
  ctx.fillStyle = palette.lineSoft;
  ctx.beginPath();
  ctx.roundRect(box.x, box.y + box.height - 5, box.width, 5, 2.5);
  ctx.fill();
}

/** The right end of the name's room, after drawing the marks that take from it. */
function drawMarks(ctx: CanvasRenderingContext2D, rect: Box, model: HeaderModel, palette: Palette): number {
  let right = rect.x + rect.width - 4;
  const { sort, hover } = model;
  if (hover > 0.01) {
    ctx.globalAlpha = hover;
    drawIcon(ctx, 'down', right - 17, rect.y + NAME_Y - 8, 16, palette.soft);
    ctx.globalAlpha = 1;
  }
  const reserved = sort || hover > 0.01 || model.filtered;
  right -= reserved ? MENU - 3 : 4;
  if (sort) {
    drawIcon(ctx, sort.descending ? 'descending' : 'ascending', right - 13, rect.y + NAME_Y - 7, 13, palette.brandInk);
    right -= 14;
    if (sort.keys > 1) {
      ctx.font = `600 10px ${palette.font}`;
      ctx.fillStyle = palette.brandInk;
      ctx.fillText(String(sort.key), right - 5, rect.y + NAME_Y + 0.5);
      right -= 8;
    }
  }
  if (model.filtered) {
    drawIcon(ctx, 'funnel', right - 13, rect.y + NAME_Y - 6.5, 13, palette.brandInk);
    right -= 15;
  }
  return right - 2;
}

/** Draws one column header into `rect`, background included; Glide draws the lines between headers. */
export function drawHeader(ctx: CanvasRenderingContext2D, rect: Box, model: HeaderModel, palette: Palette): void {
  const { column, profile } = model;
  ctx.save();
  ctx.beginPath();
  ctx.rect(rect.x, rect.y, rect.width, rect.height);
  ctx.clip();
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillStyle = model.selected === 'column' ? palette.tintStrong : model.selected === 'cell' ? palette.tint : palette.sunken;
  ctx.fillRect(rect.x + 1, rect.y, rect.width - 1, rect.height - 1);
  if (model.hover > 0 && model.selected !== 'column') {
    ctx.globalAlpha = model.hover;
    ctx.fillStyle = palette.hover;
    ctx.fillRect(rect.x + 1, rect.y, rect.width - 1, rect.height - 1);
    ctx.globalAlpha = 1;
  }

  const left = rect.x + PAD;
  const end = drawMarks(ctx, rect, model, palette);
  ctx.font = `${column.index ? 'italic ' : ''}600 12.5px ${palette.font}`;
  ctx.fillStyle = palette.ink;
  drawText(ctx, column.name || ' ', left, rect.y + NAME_Y + 0.5, Math.max(end - left, 0));

  drawIcon(ctx, column.kind, left - 1, rect.y + TYPE_Y - ICON / 2, ICON, palette.soft);
  ctx.font = `11px ${palette.font}`;
  ctx.fillStyle = palette.soft;
  const room = rect.width - PAD * 2 - ICON - 4;
  const locked = column.editable === false && !column.index;
  const typed = drawText(ctx, column.dtype, left + ICON + 4, rect.y + TYPE_Y + 0.5, room - (locked ? 14 : 0));
  if (locked) {
    drawIcon(ctx, 'lock', left + ICON + 7 + typed, rect.y + TYPE_Y - 6, 12, palette.soft);
  } else if (profile && profile.missing > 0 && room - typed > 62) {
    ctx.textAlign = 'right';
    ctx.fillText(
      `${formatShare(profile.missing / Math.max(profile.rows, 1))} missing`,
      rect.x + rect.width - PAD,
      rect.y + TYPE_Y + 0.5
    );
    ctx.textAlign = 'left';
  }

  const chart = { x: left, y: rect.y + CHART_TOP, width: rect.width - PAD * 2, height: CHART_HEIGHT };
  if (chart.width >= 12 && !model.plain) {
    if (profile) {
      drawDistribution(ctx, profile, chart, palette);
    } else {
      drawSkeleton(ctx, chart, palette);
    }
  }
  ctx.restore();
}
