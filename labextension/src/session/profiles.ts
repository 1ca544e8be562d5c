/** The columns' distributions: asked for when a header is drawn, and again a while after the values changed. */
import type { Profile, Profiled } from '../protocol';

/** Quiet after the last change before profiles are computed anew. */
const QUIET = 1_500;
/** Columns whose profiles are kept right: those seen last. */
const MOST_KEPT = 48;

export class Profiles {
  private map: ReadonlyMap<number, Profile> = new Map();
  private readonly asked = new Set<number>();
  private readonly outdated = new Set<number>();
  private recent: number[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly send: (columns: number[]) => void) {}

  get current(): ReadonlyMap<number, Profile> {
    return this.map;
  }

  /** Asks for what is not known, or no longer right, of columns that are visible now. */
  want(columns: number[]): void {
    this.recent = [...new Set([...columns, ...this.recent])].slice(0, Math.max(MOST_KEPT, columns.length));
    this.ask();
  }

  private ask(): void {
    const lacking = this.recent.filter(id => !this.asked.has(id) && (this.outdated.has(id) || !this.map.has(id)));
    if (lacking.length) {
      lacking.forEach(id => {
        this.asked.add(id);
        this.outdated.delete(id);
      });
      this.send(lacking);
    }
  }

  take({ profile }: Profiled): void {
    this.asked.delete(profile.column);
    this.map = new Map(this.map).set(profile.column, profile);
  }

  /** The values of these columns (all when absent) changed. */
  touch(columns?: Iterable<number>): void {
    for (const id of columns ?? this.map.keys()) {
      this.outdated.add(id);
    }
    this.stop();
    this.timer = setTimeout(() => this.ask(), QUIET);
  }

  /** The connection is new: what was asked is asked again. */
  resume(): void {
    this.asked.clear();
    this.ask();
  }

  /** Forgets columns that are gone or have another type; all when absent. */
  drop(columns?: Iterable<number>): void {
    const kept = new Map(this.map);
    for (const id of columns ?? this.map.keys()) {
      kept.delete(id);
      this.asked.delete(id);
    }
    this.map = kept;
  }

  stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
