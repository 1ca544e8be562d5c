/** Cells that somebody else changed light up in that person's colour, and keep a small mark for a while. */
import type { Session, Touch } from '../../session/api';
import type { Palette } from '../drawing/theme';
import type { Flash } from '../view';
import { personColor } from './person';

/** How long a cell is lit, and how long its mark stays. */
const LIT = 2_400;
const MARKED = 45_000;
/** Time between two drawings while cells fade. */
const STEP = 33;
/** More cells than this fade in larger steps. */
const MANY = 80;

const STRONGEST = 0.34;

/** How a touched cell is drawn at a moment; null when that is long ago. */
export function flashOf(touch: Touch, palette: Palette, now: number, still = false): Flash | null {
  const age = now - touch.at;
  if (age >= MARKED) {
    return null;
  }
  const left = Math.max(0, 1 - age / LIT);
  const strength = still ? Math.ceil(left) * 0.6 : left * (2 - left);
  const alpha = Math.round(STRONGEST * strength * 100) / 100;
  return {
    mark: touch.own ? palette.brand : personColor(touch.user, palette.mode),
    wash: alpha === 0 ? '' : touch.own ? faded(palette.brand, alpha) : personColor(touch.user, palette.mode, alpha)
  };
}

function faded(color: string, alpha: number): string {
  const [red = '0', green = '0', blue = '0'] = color.match(/[\d.]+/g) ?? [];
  return `rgba(${red}, ${green}, ${blue}, ${alpha})`;
}

/** Has touched cells drawn anew while they fade, and once when their marks go. */
export class Flashes {
  readonly still = matchMedia('(prefers-reduced-motion: reduce)').matches;
  private readonly touched = new Map<string, { rid: number; column: number; at: number }>();
  private timer = 0;
  private readonly leave: () => void;

  constructor(
    private readonly session: Session,
    /** Draws cells anew, named by view row and column id. */
    private readonly repaint: (cells: { row: number; column: number }[]) => void
  ) {
    this.leave = session.onNews(news => {
      if (news.kind === 'changed') {
        const at = Date.now();
        for (const { row, column } of news.spots) {
          const rid = session.rid(row);
          if (rid !== undefined) {
            this.touched.set(`${rid}:${column}`, { rid, column, at });
          }
        }
        this.plan();
      }
    });
  }

  dispose(): void {
    this.leave();
    window.clearTimeout(this.timer);
  }

  private plan(): void {
    if (this.timer === 0 && this.touched.size > 0) {
      const now = Date.now();
      const ages = [...this.touched.values()].map(({ at }) => now - at);
      const fading = ages.filter(age => age < LIT);
      const ends = ages.map(age => (age < LIT ? LIT : MARKED) - age);
      const step = fading.length > MANY ? 3 * STEP : STEP;
      const pause = fading.length && !this.still ? step : Math.max(STEP, ends.reduce((a, b) => Math.min(a, b)) + 1);
      this.timer = window.setTimeout(() => {
        this.timer = 0;
        this.step();
      }, pause);
    }
  }

  private step(): void {
    const now = Date.now();
    const cells = [...this.touched.values()].flatMap(({ rid, column, at }) => {
      const row = this.session.row(rid);
      const changes = now - at < LIT + 4 * STEP || now - at >= MARKED;
      return changes && row !== undefined ? [{ row, column }] : [];
    });
    for (const [key, { at }] of [...this.touched]) {
      if (now - at >= MARKED) {
        this.touched.delete(key);
      }
    }
    this.repaint(cells);
    this.plan();
  }
}
