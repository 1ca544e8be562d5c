/** A chart that follows its table: asked for anew when the table or what is looked at changes, and not more often than is good. */
import type { Charts, ChartStep, Drawn, Session, SessionState } from '../session/api';
import type { Scalar } from '../protocol';

/** At the most so often a second; a table that takes long to draw is given as long again. */
const OFTEN = 4;
const PAUSE = 1000 / OFTEN;

/** The part of the axes that is looked at. */
export interface Part {
  x?: Scalar[];
  y?: Scalar[];
}

export interface LiveState {
  drawn: Drawn | null;
  /** An answer is awaited. */
  busy: boolean;
  /** Why it cannot be drawn (any more). */
  error: string;
}

interface Table extends Pick<Session, 'subscribe'> {
  readonly charts: Charts;
  readonly state: Pick<SessionState, 'rev' | 'connection'>;
}

export class Live {
  private current: LiveState;
  private readonly listeners = new Set<() => void>();
  private readonly leave: () => void;
  private part: Part = {};
  private width = 800;
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private earliest = 0;
  private wanted = true;
  private over = false;
  private rev: number;

  constructor(
    private readonly table: Table,
    private step: ChartStep,
    first: Drawn | null = null
  ) {
    this.current = { drawn: first, busy: false, error: '' };
    this.rev = first?.rev ?? -1;
    this.wanted = first === null;
    this.leave = table.subscribe(() => this.follow());
    this.follow();
  }

  get state(): LiveState {
    return this.current;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Another chart of the same table. */
  show(step: ChartStep): void {
    if (JSON.stringify(step) !== JSON.stringify(this.step)) {
      this.step = step;
      this.part = {};
      this.earliest = 0;
      this.want();
    }
  }

  /** Looks at a part of the axes, or at all of them. */
  look(part: Part): void {
    if (JSON.stringify(part) !== JSON.stringify(this.part)) {
      this.part = part;
      this.want();
    }
  }

  /** As many points as pixels are drawn; small differences do not matter. */
  fit(width: number): void {
    const wider = Math.abs(width - this.width) > 24;
    if (width > 0 && wider) {
      this.width = Math.round(width);
      const kind = this.current.drawn?.step.kind;
      if (kind === 'line' || kind === 'area') {
        this.want();
      }
    }
  }

  dispose(): void {
    this.over = true;
    this.leave();
    clearTimeout(this.timer ?? undefined);
    this.listeners.clear();
  }

  private follow(): void {
    const { rev, connection } = this.table.state;
    if (connection === 'open' && (rev !== this.rev || this.wanted)) {
      this.rev = rev;
      this.want();
    }
  }

  private want(): void {
    this.wanted = true;
    if (this.timer === null && !this.current.busy && !this.over && this.table.state.connection === 'open') {
      const wait = Math.max(0, this.earliest - Date.now());
      this.timer = setTimeout(() => {
        this.timer = null;
        void this.ask();
      }, wait);
    }
  }

  private async ask(): Promise<void> {
    const { step, width, part } = this;
    const number = ++this.asked;
    const begun = Date.now();
    this.wanted = false;
    this.update({ busy: true });
    let change: Partial<LiveState>;
    try {
      change = { drawn: await this.table.charts.draw({ step, width, ...part }), error: '' };
    } catch (reason) {
      const { message, hint } = reason as Error & { hint?: string };
      change = { error: [message, hint].filter(Boolean).join(' ') };
    }
    if (number === this.asked && !this.over) {
      this.earliest = begun + Math.max(PAUSE, 2 * (Date.now() - begun));
      this.update({ ...change, busy: false });
      if (this.wanted) {
        this.want();
      }
    }
  }

  private update(change: Partial<LiveState>): void {
    this.current = { ...this.current, ...change };
    this.listeners.forEach(listener => listener());
  }
}
