import type { Filter, Match, Range } from '../protocol';
import type { ChartStep, Outcome, Session } from '../session/api';
import type { TreeActs } from '../tree/acts';
import type { Overlay } from './overlay';

/** How the columns are laid out in this grid. It never touches the data. */
export interface Layout {
  /** Visible columns in drawing order: index levels, pinned ones, then the rest. */
  columns: number[];
  hidden: number[];
  /** How many of `columns`, from the left, stay in place when scrolling. */
  pinned: number;
  widths: ReadonlyMap<number, number>;
}

/** What is selected, in view rows and column ids. */
export interface Selection {
  cursor: { row: number; column: number } | null;
  ranges: Range[];
}

export type Panel =
  | { kind: 'none' }
  | { kind: 'column'; column: number; anchor: DOMRect; page?: 'filter' | 'rename' | 'type' | 'bounds' | 'insert' }
  | { kind: 'cell'; row: number; column: number; anchor: DOMRect }
  | { kind: 'find'; replace: boolean }
  | { kind: 'goto' }
  | { kind: 'rollup'; anchor: DOMRect }
  | { kind: 'proposal'; anchor: DOMRect }
  | { kind: 'people'; anchor: DOMRect }
  | { kind: 'history'; row?: number; column?: number }
  | { kind: 'code' };

export interface Notice {
  level: 'info' | 'error';
  text: string;
  hint?: string;
  /** When it happened, in milliseconds since 1970, where that is worth saying. */
  at?: number;
  action?: { label: string; run: () => void };
}

export interface GridState {
  layout: Layout;
  selection: Selection;
  panel: Panel;
  notice: Notice | null;
  /** Found cells, to be marked in the grid. */
  matches: readonly Match[];
  /** The columns' first widths are settled. */
  fitted: boolean;
  /** How often the command bar was called for; 0 while it is closed. */
  commanding: number;
  /** What is proposed to become of the cells. */
  overlay: Overlay | null;
  /** What the chart below the cells is of. */
  chart: ChartStep | null;
}

/** Everything a user can do to a grid; keys, menus and panels call it and hold no logic of their own. */
export interface Controller {
  readonly session: Session;
  readonly state: GridState;
  /** What can be done to a tree of totals, in which the table may be shown. */
  readonly tree: TreeActs;
  subscribe(listener: () => void): () => void;

  open(panel: Panel): void;
  close(): void;
  notify(notice: Notice | null): void;
  /** Opens the command bar and gives it the keyboard, or closes it. */
  command(open: boolean): void;
  /** Draws a chart below the cells in place of the one that is there, or closes it. */
  chart(step: ChartStep | null): void;
  /** Marks found cells in the grid; an empty list takes the marks away. */
  highlight(matches: readonly Match[]): void;

  select(selection: Selection): void;
  goTo(row: number, column: number): void;

  // The view: each of these rejects where the table refuses, with the reason, and then nothing has changed.

  /** Sorts by a column (null: no longer), adding to the other keys when `add`. */
  sort(column: number, descending: boolean | null, add: boolean): Promise<void>;
  /** Replaces the filters on a column. */
  filter(column: number, filters: Filter[]): Promise<void>;
  /** The row condition in SQL, or none when empty. */
  where(sql: string): Promise<void>;
  search(text: string): Promise<void>;
  clearView(): Promise<void>;

  hide(columns: number[]): void;
  unhide(columns: number[]): void;
  pin(column: number, on: boolean): void;
  resize(column: number, width: number): void;
  autosize(columns: number[]): void;

  rename(column: number, name: string): Promise<Outcome>;
  bound(column: number, least: string | null, most: string | null): Promise<Outcome>;
  retype(column: number, dtype: string, onError: 'refuse' | 'missing'): Promise<Outcome>;
  move(column: number, to: number): Promise<Outcome>;
  insertColumn(at: number, name: string, dtype: string): Promise<Outcome>;
  dropColumns(columns: number[]): Promise<Outcome>;
  insertRows(row: number, count: number): Promise<Outcome>;
  duplicateRows(): Promise<Outcome>;
  deleteRows(): Promise<Outcome>;

  clear(): Promise<Outcome>;
  cut(): Promise<void>;
  copy(headers: boolean): Promise<void>;
  paste(): Promise<void>;
  fill(targetStart: number, targetStop: number, mode: 'copy' | 'series'): Promise<Outcome>;
  replace(
    find: string,
    replacement: string,
    options: { columns?: number[]; case?: boolean; whole?: boolean; regex?: boolean }
  ): Promise<Outcome>;
  undo(): Promise<void>;
  redo(): Promise<void>;
}
