/** What this client holds of the table: columns, cells, and what was typed over them. It sends nothing. */
import type { Ack, Cells, Column, Op, Schema } from '../protocol';
import type { Cell, RowFacts } from './api';
import type { Edits, Typed } from './edits';
import type { Store } from './store';
import { nameRows } from './naming';
import { Windows } from './windows';

/** How long the cells of the old order stay drawn while those of the new one are fetched. */
const GHOST = 150;
/** Cells of one operation that are drawn as typed before they are stored. */
const MOST_TYPED = 2_000;

/** The columns that an operation on cells may have changed; undefined for any. */
function touched(op: Op): number[] | undefined {
  switch (op.kind) {
    case 'set_cells':
      return op.blocks.flatMap(block => block.columns);
    case 'fill':
      return op.columns;
    case 'replace':
      return op.columns ?? undefined;
    default:
      return undefined;
  }
}

export class Replica {
  readonly windows = new Windows(id => this.columns.get(id));
  private columns: ReadonlyMap<number, Column> = new Map();
  private ghost: Windows | null = null;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** The newest revision that a patch told of. */
  private patched = 0;

  constructor(
    private readonly store: Store,
    private readonly edits: Edits,
    /** The only columns shown; all when null. */
    private readonly shown: readonly number[] | null = null
  ) {}

  column(id: number): Column | undefined {
    return this.columns.get(id);
  }

  /** What is known of a view row itself. */
  facts(row: number): RowFacts | undefined {
    return this.windows.rid(row) === undefined ? this.ghost?.facts(row) : this.windows.facts(row);
  }

  cell(row: number, column: number): Cell | undefined {
    const rid = this.windows.rid(row);
    const value = rid === undefined ? this.ghost?.value(row, column) : this.windows.value(row, column);
    const mark = rid === undefined ? undefined : this.edits.mark(rid, column);
    if (mark) {
      const { state, text, reason, hint } = mark;
      return { value: value ?? null, state, text, ...(state === 'rejected' ? { reason, hint } : {}) };
    }
    return value === undefined ? undefined : { value, state: 'stored' };
  }

  /** Takes a schema of revision `rev`, of all columns if `whole`; tells which are gone or have another type. */
  describe(told: Schema, rev: number, whole = false): number[] {
    const shown = whole ? null : this.shown;
    const schema = shown ? { ...told, columns: told.columns.filter(({ id }) => shown.includes(id)) } : told;
    const next = new Map(schema.columns.map(column => [column.id, column]));
    const changed = [...this.columns.values()].filter(({ id, dtype }) => next.get(id)?.dtype !== dtype).map(({ id }) => id);
    this.columns = next;
    if (changed.length) {
      this.windows.drop(changed);
      this.windows.expire(rev, changed);
    }
    this.store.update({ schema });
    return changed;
  }

  /** The view's rows or their order changed: what is here is drawn for a moment longer, and can no longer be edited. */
  reorder(rev: number): void {
    this.reach(rev);
    this.exorcise();
    this.ghost = this.windows.ghost();
    this.windows.clear(rev);
    this.timer = setTimeout(() => {
      this.exorcise();
      this.store.paint();
    }, GHOST);
  }

  /** The rows are others altogether: nothing of what is here is drawn any more. */
  change(rev: number): void {
    this.reach(rev);
    this.exorcise();
    this.windows.change(rev);
  }

  /** Forgets all cells; revisions and row ids start anew. */
  forget(): void {
    this.exorcise();
    this.windows.reset();
    this.patched = 0;
  }

  private exorcise(): void {
    this.ghost = null;
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  /** Takes exact new values of revision `rev`. */
  write(cells: Cells[], rev: number): void {
    const rows = cells.length ? this.windows.patch(cells, rev) : null;
    if (rows) {
      this.store.paint(rows);
    }
    this.settle();
  }

  /** The newest revision whose order of rows is the one here. */
  get reached(): number {
    return this.patched;
  }

  /** An operation with its rows named by id, where they are few and here. */
  named(op: Op): Op {
    return nameRows(op, row => this.windows.rid(row));
  }

  /** A patch of this revision has come. */
  reach(rev: number): void {
    this.patched = Math.max(rev, this.patched);
  }

  /** What was typed leaves its cells once the stored values are here. */
  settle(): void {
    this.edits.settle((rid, column) => this.windows.rev(rid, column));
  }

  /** An own operation was stored; what it changed and did not tell must be fetched, unless it was not in the rows here. */
  stored(ack: Ack, op: Op, elsewhere = false): void {
    const told = (ack.cells ?? []).reduce((sum, { rows }) => sum + rows.length, 0);
    if (!elsewhere && ack.status !== 'noop' && told < (ack.n_cells ?? 0) && this.patched < ack.rev) {
      this.windows.expire(ack.rev, touched(op));
    }
  }

  repaint(cells: Typed[]): void {
    const rows = cells.map(({ rid }) => this.windows.row(rid)).filter(row => row !== undefined);
    if (rows.length) {
      this.store.paint([rows.reduce((a, b) => Math.min(a, b)), rows.reduce((a, b) => Math.max(a, b)) + 1]);
    }
  }

  /** The cells that an operation writes as typed, where their rows are here and they are not too many to draw. */
  typed(op: Op): Typed[] {
    if (op.kind !== 'set_cells' || op.input === 'value') {
      return [];
    }
    const size = op.blocks.reduce(
      (sum, { columns, rows, start = 0, stop = 0 }) => sum + columns.length * (rows?.length ?? stop - start),
      0
    );
    if (size > MOST_TYPED) {
      return [];
    }
    const cells: Typed[] = [];
    for (const { columns, values, rows, start = 0, stop = 0 } of op.blocks) {
      const rids = rows ?? Array.from({ length: stop - start }, (_, i) => this.windows.rid(start + i));
      columns.forEach((column, j) => {
        const list = values[j] ?? [];
        rids.forEach((rid, i) => {
          const text = list[list.length === 1 ? 0 : i];
          if (rid !== undefined && (typeof text === 'string' || text === null)) {
            cells.push({ rid, column, text });
          }
        });
      });
    }
    return cells;
  }
}
