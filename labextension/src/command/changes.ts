/** What a proposal does to the cells that are drawn: told by the table, row by row, as they come into sight. */
import type { Column, ColumnChange, Differences, Proposal } from '../protocol';
import type { Session } from '../session/api';
import { LOADING } from '../grid/drawing/cells';
import { defaultWidth } from '../grid/layout';
import type { CellFate, ColumnFate, Overlay } from '../grid/overlay';
import type { ViewCell, ViewColumn } from '../grid/view';
import { formatValue, fromJson, isNumeric, type Value } from '../values';

/** How long drawing rests before what it lacked is asked for. */
const RESTS = 25;
/** Rows that are asked for at once at the most. */
const MOST = 10_000;

/** What a cell with both its values takes about, in pixels: a letter, a bold one, what is around them, and the most. */
const LETTER = 7.2;
const BOLD = 8;
const BOTH = 32;
const WIDEST = 320;

/** Columns that would come are -1, -2 … to the table; here they are this much below, where no other number is. */
const OWN = -100;

const REMOVED: CellFate = { fate: 'removed' };

export class Changes implements Overlay {
  readonly columns: readonly ViewColumn[];
  private readonly fates = new Map<number, ColumnFate>();
  /** Columns as they would be, by id; new ones have ids below zero. */
  private readonly after = new Map<number, Column>();
  private readonly texts = new Map<number, Map<number, string>>();
  private readonly rooms = new Map<number, number>();
  private readonly gone = new Set<number>();
  private readonly told = new Set<number>();
  private readonly wanted = new Set<number>();
  private readonly quiet: boolean;
  private timer = 0;
  private over = false;

  constructor(
    private readonly session: Session,
    readonly proposal: Proposal,
    /** Draws view rows anew. */
    private readonly repaint: (rows: [start: number, stop: number]) => void,
    /** The table no longer says what the proposal does. */
    private readonly lost: (reason: unknown) => void
  ) {
    const { columns = [], cells = [], n_cells = 0, rows_removed = 0 } = proposal;
    columns.filter(({ fate }) => fate !== 'added').forEach(change => this.describe(change, 0));
    columns.filter(({ fate }) => fate === 'added').forEach((change, nth) => this.describe(change, OWN - 1 - nth));
    this.columns = [...this.after.values()]
      .filter(({ id }) => id < 0)
      .map(column => ({
        id: column.id,
        title: column.name,
        kind: column.kind,
        width: defaultWidth(column),
        index: false,
        editable: false
      }));
    for (const { rid, column: id, before = null, after = null } of cells) {
      const column = this.session.column(id);
      const text = this.write(id, rid, after);
      const now = column ? formatValue(column, fromJson(column, before)) : '';
      const room = BOTH + (now || 'missing').length * LETTER + (text || 'missing').length * BOLD;
      this.rooms.set(id, Math.max(this.rooms.get(id) ?? 0, Math.min(room, WIDEST)));
    }
    this.quiet = rows_removed === 0 && cells.length >= n_cells && this.columns.length === 0;
  }

  private describe(change: ColumnChange, fresh: number): void {
    const own = change.column == null ? undefined : this.session.column(change.column);
    const id = own?.id ?? fresh;
    const { fate, name } = change;
    const kind = change.kind ?? own?.kind ?? 'text';
    this.after.set(id, { ...own, id, name, kind, dtype: kind === own?.kind ? own.dtype : kind });
    if (fate === 'dropped') {
      this.fates.set(id, { fate: 'removed' });
    } else if (fate === 'added') {
      this.fates.set(id, { fate: 'added' });
    } else {
      this.fates.set(id, { fate: 'changed', name });
    }
  }

  dispose(): void {
    this.over = true;
    window.clearTimeout(this.timer);
  }

  cell(row: number, column: number): CellFate | undefined {
    const rid = this.seen(row);
    if (rid === undefined) {
      return undefined;
    }
    if (this.gone.has(rid) || this.fates.get(column)?.fate === 'removed') {
      return REMOVED;
    }
    const after = this.texts.get(column)?.get(rid);
    return after === undefined ? undefined : { fate: 'changed', after };
  }

  column(column: number): ColumnFate | undefined {
    return this.fates.get(column);
  }

  width(column: number): number {
    return this.rooms.get(column) ?? 0;
  }

  described(column: number): Column | undefined {
    return this.after.get(column);
  }

  fresh(row: number, id: number): ViewCell {
    const rid = this.seen(row);
    const column = this.after.get(id);
    if (rid === undefined || !column || !this.told.has(rid)) {
      return LOADING;
    }
    const text = this.texts.get(id)?.get(rid);
    const gone = this.gone.has(rid);
    const fate: CellFate = gone ? REMOVED : { fate: 'added', ...(text === undefined ? {} : { after: text }) };
    const spoken = gone ? 'nothing' : text === '' ? 'missing' : (text ?? '');
    return { ...LOADING, text: gone ? '' : (text ?? ''), look: 'text', numeric: isNumeric(column), spoken, fate };
  }

  /** Whether a row is left out. */
  removes(rid: number): boolean {
    return this.gone.has(rid);
  }

  /** Whether a cell of a row that stays gets another value. */
  changes(rid: number, column: number): boolean {
    return this.texts.get(column)?.has(rid) === true;
  }

  /** Resolves when it is known what becomes of these rows. */
  async learn(rids: readonly number[]): Promise<void> {
    const missing = this.quiet ? [] : rids.filter(rid => !this.told.has(rid));
    for (let start = 0; start < missing.length && !this.over; start += MOST) {
      const rows = missing.slice(start, start + MOST);
      this.take(await this.session.asker.changes(this.proposal.token ?? '', rows), rows);
    }
  }

  private seen(row: number): number | undefined {
    const rid = this.session.rid(row);
    if (rid !== undefined && !this.quiet && !this.told.has(rid)) {
      this.wanted.add(rid);
      this.timer ||= window.setTimeout(() => void this.fetch(), RESTS);
    }
    return rid;
  }

  private async fetch(): Promise<void> {
    const rids = [...this.wanted];
    this.wanted.clear();
    try {
      await this.learn(rids);
    } catch (reason) {
      if (!this.over) {
        this.lost(reason);
      }
      return;
    }
    this.timer = 0;
    const rows = rids.map(rid => this.session.row(rid)).filter(row => row !== undefined);
    if (rows.length && !this.over) {
      this.repaint([rows.reduce((a, b) => Math.min(a, b)), rows.reduce((a, b) => Math.max(a, b)) + 1]);
    }
  }

  private take({ columns, removed = [] }: Differences, rows: readonly number[]): void {
    rows.forEach(rid => this.told.add(rid));
    removed.forEach(rid => this.gone.add(rid));
    for (const { column, rows: rids, after } of columns) {
      const id = column < 0 ? column + OWN : column;
      rids.forEach((rid, place) => this.write(id, rid, after[place] ?? null));
    }
  }

  private write(id: number, rid: number, scalar: Parameters<typeof fromJson>[1]): string {
    const column = this.after.get(id) ?? this.session.column(id);
    if (!column) {
      return '';
    }
    const value: Value = fromJson(column, scalar);
    const texts = this.texts.get(id) ?? new Map<number, string>();
    const text = formatValue(column, value);
    texts.set(rid, text);
    this.texts.set(id, texts);
    return text;
  }
}
