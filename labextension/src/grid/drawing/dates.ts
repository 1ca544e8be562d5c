import type { Column } from '../../protocol';
import type { Session } from '../../session/api';
import type { Value } from '../../values';

const MIDNIGHT = /T00:00:00(\.0+)?$/;

/** Rows beside those in sight that decide as well. */
const MARGIN = 128;

/**
 * Which timestamp columns hold days only, as far as their cells have come: those are drawn without a time. Once a time of
 * day was seen in a column, all its cells show theirs.
 */
export class Dates {
  private readonly timed = new Map<number, string>();
  private readonly leave: () => void;

  constructor(
    private readonly session: Session,
    private readonly seen: () => [start: number, stop: number],
    /** Called when cells that were drawn without a time must show it. */
    private readonly changed: () => void
  ) {
    this.leave = session.onDamage(rows => this.look(rows));
    this.look();
  }

  dispose(): void {
    this.leave();
  }

  /** Whether a value is drawn as a day. */
  isDay(column: Column, value: Value): boolean {
    return column.kind === 'timestamp' && !column.zone && value !== null && this.timed.get(column.id) !== column.dtype;
  }

  private look(rows?: [start: number, stop: number]): void {
    const { session } = this;
    const undecided = session.state.schema.columns.filter(
      ({ id, kind, zone, dtype }) => kind === 'timestamp' && !zone && this.timed.get(id) !== dtype
    );
    if (!undecided.length) {
      return;
    }
    const [start, stop] = rows ?? this.seen().map((row, end) => row + (end ? MARGIN : -MARGIN));
    let found = false;
    for (const { id, dtype } of undecided) {
      for (let row = Math.max(0, start ?? 0); row < Math.min(stop ?? 0, session.state.rows); row++) {
        const value = session.cell(row, id)?.value;
        if (typeof value === 'string' && !MIDNIGHT.test(value)) {
          this.timed.set(id, dtype);
          found = true;
          break;
        }
      }
    }
    if (found) {
      this.changed();
    }
  }
}

/** The day of a timestamp, as its canonical text begins. */
export const dayText = (text: string): string => text.replace(/ 00:00:00(\.0+)?$/, '');
