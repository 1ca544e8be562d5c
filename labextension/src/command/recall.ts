/** The commands that were given to a table in this browser, walked through with the arrow keys as in a shell. */
import { openShelf, type Shelf } from '../grid/layout';

const MOST = 60;

const key = (table: string) => `tabweave:commands:${table}`;

/** What is kept under a name; nothing where that cannot be read. */
function read(shelf: Shelf | null, table: string): string[] {
  try {
    const kept: unknown = JSON.parse(shelf?.getItem(key(table)) ?? '[]');
    return Array.isArray(kept) ? kept.filter(each => typeof each === 'string') : [];
  } catch {
    return [];
  }
}

export class Recall {
  /** How far back the walk is; 0 is the text being typed. */
  private steps = 0;
  private draft = '';

  constructor(
    /** The table's name, which may come late and change. */
    private readonly table: () => string,
    private readonly shelf: Shelf | null = openShelf()
  ) {}

  /** Newest first. */
  get all(): string[] {
    return read(this.shelf, this.table()).reverse();
  }

  add(text: string): void {
    this.rest();
    const rest = read(this.shelf, this.table()).filter(each => each !== text);
    try {
      this.shelf?.setItem(key(this.table()), JSON.stringify([...rest, text].slice(-MOST)));
    } catch {
      // A browser that is full or keeps nothing: the walk ends with what it has.
    }
  }

  /** The next older (or with -1 newer) command; null where there is none. `text` is what stands in the field now. */
  walk(step: 1 | -1, text: string): string | null {
    const { all } = this;
    const next = this.steps + step;
    if (next < 0 || next > all.length) {
      return null;
    }
    if (this.steps === 0) {
      this.draft = text;
    }
    this.steps = next;
    return next === 0 ? this.draft : (all[next - 1] ?? null);
  }

  get walking(): boolean {
    return this.steps > 0;
  }

  /** Something else was typed: the next walk begins anew. */
  rest(): void {
    this.steps = 0;
  }

  /** The newest commands that contain what was typed. */
  like(text: string, most: number): string[] {
    const wanted = text.trim().toLowerCase();
    return wanted ? this.all.filter(each => each !== text && each.toLowerCase().includes(wanted)).slice(0, most) : [];
  }
}
