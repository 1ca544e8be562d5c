import type { Column, Filter, Match, Range } from '../protocol';
import type { ChartStep, Session } from '../session/api';
import { TreeActs } from '../tree/acts';
import { openMemory } from '../tree/remembered';
import { Transfer } from './clipboard/transfer';
import type { Controller, GridState, Layout, Notice, Panel, Selection } from './controller';
import { arrange, keep, NO_WISHES, openShelf, recall, type Shelf, type Wishes } from './layout';
import type { Overlay } from './overlay';
import { active, at, head, named, placed, type Shape } from './selection';
import type { Picked, ViewHandle } from './view';
import { Writing } from './writing';

const START: GridState = {
  layout: { columns: [], hidden: [], pinned: 0, widths: new Map() },
  selection: { cursor: null, ranges: [] },
  panel: { kind: 'none' },
  notice: null,
  matches: [],
  fitted: false,
  commanding: 0,
  overlay: null,
  chart: null
};

/** What a column takes at first at the most, however long its texts. */
const FIRST_WIDTH = 340;

/** What the mounted grid lends to the controller. */
export interface Stage {
  view(): ViewHandle | null;
  focus(): void;
  /** The width that shows a column's header and its cells in sight; null while there is no way to measure. */
  measure(column: Column, most?: number): number | null;
}

/** All that a user can do to a grid, over its session. It knows no keys and draws nothing. */
export class Control implements Controller {
  state = START;
  readonly writing: Writing;
  readonly transfer: Transfer;
  readonly tree: TreeActs;
  private readonly listeners = new Set<() => void>();
  private readonly speakers = new Set<(text: string) => void>();
  private wishes: Wishes = NO_WISHES;
  private fits: ReadonlyMap<number, number> = new Map();
  private recalled = '';
  private schema: unknown = null;
  private stage: Stage | null = null;
  private readonly leave: () => void;
  /** Grows with every act of the user; an answer that comes late sees that the user went on. */
  beat = 0;
  private question: { notice: Notice; beat: number } | null = null;

  constructor(
    readonly session: Session,
    private readonly shelf: Shelf | null = openShelf()
  ) {
    this.tree = new TreeActs(this, shelf && openMemory());
    this.writing = new Writing(this);
    this.transfer = new Transfer(this, this.writing);
    this.leave = session.subscribe(() => this.follow());
    this.follow();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Hears what a screen reader should say. */
  onSpeech(speaker: (text: string) => void): () => void {
    this.speakers.add(speaker);
    return () => this.speakers.delete(speaker);
  }

  say(text: string): void {
    this.speakers.forEach(speaker => speaker(text));
  }

  attach(stage: Stage): () => void {
    this.stage = stage;
    return () => {
      if (this.stage === stage) {
        this.stage = null;
      }
    };
  }

  dispose(): void {
    this.leave();
    this.listeners.clear();
    this.speakers.clear();
    this.stage = null;
  }

  get shape(): Shape {
    return { rows: this.session.state.rows, columns: this.state.layout.columns.length };
  }

  get picked(): Picked {
    return placed(this.state.selection, this.state.layout.columns, this.session.state.rows);
  }

  get view(): ViewHandle | null {
    return this.stage?.view() ?? null;
  }

  /** The column under the cursor. */
  get column(): Column | undefined {
    const { cursor } = this.state.selection;
    return cursor ? this.session.column(cursor.column) : undefined;
  }

  focus(): void {
    this.stage?.focus();
  }

  open(panel: Panel): void {
    this.update({ panel });
  }

  close(): void {
    if (this.state.panel.kind !== 'none') {
      this.update({ panel: { kind: 'none' } });
    }
  }

  notify(notice: Notice | null): void {
    this.update({ notice });
  }

  command(open: boolean): void {
    this.update({ commanding: open ? this.state.commanding + 1 : 0 });
  }

  chart(step: ChartStep | null): void {
    this.update({ chart: step });
  }

  /** Draws over the cells what is proposed to become of them. */
  lay(overlay: Overlay | null): void {
    this.update({ overlay });
  }

  /** Shows a question; until the user does anything else, Enter in the grid takes its action. */
  ask(notice: Notice): void {
    this.notify(notice);
    this.question = { notice, beat: this.beat };
  }

  /** Takes the action of a question just asked; false if there is none. */
  answer(): boolean {
    const { question } = this;
    this.question = null;
    if (!question || question.beat !== this.beat || this.state.notice !== question.notice) {
      return false;
    }
    question.notice.action?.run();
    return true;
  }

  highlight(matches: readonly Match[]): void {
    this.update({ matches });
  }

  select(selection: Selection): void {
    this.update({ selection });
  }

  /** Selects by position, and scrolls to the end that moved. */
  pick(picked: Picked, reveal: 'cursor' | 'head' | 'none'): void {
    this.select(named(picked, this.state.layout.columns));
    const spot = reveal === 'cursor' ? picked.cursor : reveal === 'head' ? head(picked) : null;
    if (spot) {
      this.view?.reveal(spot);
    }
  }

  goTo(row: number, column: number): void {
    const place = this.state.layout.columns.indexOf(column);
    if (place < 0) {
      this.unhide([column]);
    }
    const picked = at({ row, column: Math.max(this.state.layout.columns.indexOf(column), 0) }, this.shape);
    this.select(named(picked, this.state.layout.columns));
    if (picked.cursor) {
      this.view?.reveal(picked.cursor, true);
    }
  }

  async sort(column: number, descending: boolean | null, add: boolean): Promise<void> {
    const before = this.session.state.view.sort ?? [];
    const others = before.filter(key => key.column !== column);
    const key = descending === null ? [] : [{ column, descending }];
    const place = before.findIndex(each => each.column === column);
    const kept = place < 0 ? [...others, ...key] : [...others.slice(0, place), ...key, ...others.slice(place)];
    await this.session.setView({ sort: add ? kept : key });
    const name = this.session.column(column)?.name ?? '';
    this.say(descending === null ? `${name} no longer sorted` : `Sorted by ${name}, ${descending ? 'descending' : 'ascending'}`);
  }

  async filter(column: number, filters: Filter[]): Promise<void> {
    const others = (this.session.state.view.filter ?? []).filter(each => each.is === 'expression' || each.column !== column);
    await this.changeRows({ filter: [...others, ...filters] });
  }

  async where(sql: string): Promise<void> {
    const others = (this.session.state.view.filter ?? []).filter(each => each.is !== 'expression');
    const text = sql.trim();
    await this.changeRows({ filter: text ? [...others, { is: 'expression', sql: text }] : others });
  }

  async search(text: string): Promise<void> {
    await this.changeRows({ search: text });
  }

  async clearView(): Promise<void> {
    await this.changeRows({ sort: [], filter: [], search: '' });
  }

  hide(columns: number[]): void {
    const left = this.state.layout.columns.filter(id => !columns.includes(id));
    if (!left.length) {
      this.notify({ level: 'info', text: 'At least one column stays visible.' });
      return;
    }
    this.wish({ hidden: new Set([...this.wishes.hidden, ...columns]) });
    const text =
      columns.length === 1
        ? `${this.session.column(columns[0] ?? -1)?.name ?? 'Column'} hidden`
        : `${columns.length} columns hidden`;
    this.notify({ level: 'info', text, action: { label: 'Show again', run: () => this.unhide(columns) } });
  }

  unhide(columns: number[]): void {
    this.wish({ hidden: new Set([...this.wishes.hidden].filter(id => !columns.includes(id))) });
  }

  pin(column: number, on: boolean): void {
    const pinned = new Set(this.wishes.pinned);
    if (on) {
      pinned.add(column);
    } else {
      pinned.delete(column);
    }
    this.wish({ pinned });
  }

  resize(column: number, width: number): void {
    this.wish({ widths: new Map([...this.wishes.widths, [column, Math.round(width)]]) });
  }

  autosize(columns: number[]): void {
    const widths = new Map(this.wishes.widths);
    for (const id of columns) {
      const column = this.session.column(id);
      const width = column && this.stage?.measure(column);
      if (width) {
        widths.set(id, width);
      }
    }
    this.wish({ widths });
  }

  rename = (column: number, name: string) => this.writing.structure({ kind: 'rename_column', column, name });
  retype = (column: number, dtype: string, onError: 'refuse' | 'missing') =>
    this.writing.structure({ kind: 'retype_column', column, dtype, on_error: onError });
  bound = (column: number, least: string | null, most: string | null) =>
    this.writing.structure({ kind: 'bound_column', column, least, most });
  move = (column: number, to: number) => this.writing.structure({ kind: 'move_column', column, to });
  insertColumn = (at_: number, name: string, dtype: string) =>
    this.writing.structure({ kind: 'add_column', name, dtype, at: at_ });
  dropColumns = (columns: number[]) => this.writing.structure({ kind: 'drop_columns', columns });
  insertRows = (row: number, count: number) => this.writing.insertRows(row, count);
  duplicateRows = () => this.writing.duplicateRows();
  deleteRows = () => this.writing.deleteRows();
  clear = () => this.writing.clear();
  cut = () => this.transfer.cut();
  paste = () => this.transfer.pasteFromMenu();
  fill = (start: number, stop: number, mode: 'copy' | 'series') => this.writing.fill(start, stop, mode);
  replace: Controller['replace'] = (find, replacement, options) => this.writing.replace(find, replacement, options);

  async copy(headers: boolean): Promise<void> {
    await this.transfer.copy(headers);
  }

  async undo(): Promise<void> {
    await this.writing.step('undo');
  }

  async redo(): Promise<void> {
    await this.writing.step('redo');
  }

  /** The rows of the selection as view ranges, each once. */
  selectedRows(): [number, number][] {
    const ranges = this.state.selection.ranges.map<[number, number]>(({ start, stop }) => [start, stop]);
    ranges.sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const range of ranges) {
      const last = merged[merged.length - 1];
      if (last && range[0] <= last[1]) {
        last[1] = Math.max(last[1], range[1]);
      } else {
        merged.push([...range]);
      }
    }
    return merged;
  }

  /** The range being worked on. */
  get range(): Range | undefined {
    const { ranges } = this.state.selection;
    return ranges[ranges.length - 1];
  }

  private async changeRows(view: Parameters<Session['setView']>[0]): Promise<void> {
    await this.session.setView(view);
    const { rows, total } = this.session.state;
    this.say(rows === total ? `All ${total} rows` : `${rows} of ${total} rows`);
  }

  private wish(change: Partial<Wishes>): void {
    this.wishes = { ...this.wishes, ...change };
    const { columns } = this.session.state.schema;
    keep(this.shelf, this.shelfName, columns, this.wishes);
    this.update({ layout: this.arranged(columns) });
  }

  /** What this layout is kept under: a tree has its own. */
  private get shelfName(): string {
    const { name, tree } = this.session.state;
    return tree ? `${name} by ${tree.levels.join(' > ')}` : name;
  }

  /** Keeps the layout object while nothing in it changed: whoever draws compares by identity. */
  private arranged(columns: readonly Column[]): Layout {
    return arrange(columns, this.wishes, this.fits);
  }

  /** Brings layout and selection in line with what the session says. */
  private follow(): void {
    const { schema, rows } = this.session.state;
    this.tree.follow();
    const change: { layout?: Layout; selection?: Selection; fitted?: boolean } = {};
    if (schema !== this.schema) {
      this.schema = schema;
      const name = this.shelfName;
      if (name !== this.recalled && schema.columns.length) {
        this.recalled = name;
        this.wishes = recall(this.shelf, name, schema.columns);
        this.fits = NO_WISHES.widths;
        change.fitted = false;
      }
      change.layout = this.arranged(schema.columns);
    }
    const layout = change.layout ?? this.state.layout;
    const { cursor, ranges } = this.state.selection;
    const out = ranges.some(range => range.stop > rows || range.columns.some(id => !this.session.column(id)));
    if (out || (cursor && cursor.row >= rows)) {
      const picked = placed(this.state.selection, layout.columns, rows);
      const spot = cursor ? { row: cursor.row, column: Math.max(0, layout.columns.indexOf(cursor.column)) } : null;
      const next = picked.cursor && active(picked) ? picked : spot ? at(spot, { rows, columns: layout.columns.length }) : picked;
      change.selection = named(next, layout.columns);
    }
    if (change.layout || change.selection) {
      this.update(change);
    }
    this.fit();
  }

  /** Measures the columns by the first cells that come, once. */
  fit(): void {
    const { session, stage, state } = this;
    const { columns } = session.state.schema;
    const here = state.fitted || !stage ? [] : columns.filter(({ id }) => session.cell(0, id) !== undefined);
    const fits = new Map<number, number>();
    for (const column of here) {
      const width = stage?.measure(column, FIRST_WIDTH);
      if (width) {
        fits.set(column.id, width);
      }
    }
    if (fits.size) {
      this.fits = fits;
      this.update({ layout: this.arranged(columns), fitted: true });
    }
  }

  private update(change: Partial<GridState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach(listener => listener());
  }
}
