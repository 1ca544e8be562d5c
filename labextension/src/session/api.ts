import type {
  Change,
  Column,
  Condition,
  Differences,
  Filter,
  Match,
  Nack,
  Op,
  Peer,
  Person,
  Profile,
  Proposal,
  Range,
  RollupDef,
  Scalar,
  Schema,
  Sort,
  Spread,
  SpreadPreview,
  Stats,
  Tree,
  TreeInfo,
  Values,
  View,
  Welcome
} from '../protocol';
import type { Value } from '../values';

/** One cell as it should be drawn. Until an edit is acknowledged it is `pending` and shows `text`, as typed. */
export interface Cell {
  value: Value;
  state: 'stored' | 'pending' | 'rejected';
  /** What was typed, while it is pending or rejected. */
  text?: string;
  /** Why it was rejected, and what would be accepted. */
  reason?: string;
  hint?: string;
}

/** How an operation ended. */
export type Outcome =
  { ok: true; rev: number; cells: number; rows: number; skipped: number; message: string } | { ok: false; nack: Nack };

/** Who changed a cell of a shared table last, `at` which moment (milliseconds since 1970), and what it said before. */
export interface Touch {
  user: Person;
  /** It was this user, in another grid or a notebook. */
  own: boolean;
  at: number;
  before: Value;
}

/** A cell that this user wrote, and somebody else wrote over. `rev` is the revision that did it. */
export interface Loss {
  rid: number;
  column: number;
  mine: Scalar;
  theirs: Scalar;
  rev: number;
  at: number;
  user: Person;
}

/** A place in the view: the cursor, the far corner of what is selected, and whether something is being typed. */
export interface Spotted {
  row: number;
  column: number;
  toRow: number;
  toColumn: number;
  editing: boolean;
}

/** Something to be told once, not a state. */
export type News =
  /** Others changed these cells; `spots` are the ones that are here. */
  | { kind: 'changed'; user: Person; own: boolean; spots: { row: number; column: number }[] }
  | { kind: 'lost'; losses: Loss[] }
  /** Edits from before the page was loaded were sent now. */
  | { kind: 'taken'; saved: number; refused: Nack[] }
  /** What the user may do with the table has changed. */
  | { kind: 'rights'; readOnly: string }
  /** The tree that was drawn cannot be had any more; the rows are drawn again. */
  | { kind: 'felled'; message: string; hint: string };

/** A command being read, or computed. */
export interface AskedCommand {
  /** What it comes to, with the rows of an answer. Rejects with a `Refusal`. */
  reply: Promise<{ proposal: Proposal; arrow?: Uint8Array }>;
  cancel(): void;
}

/** Commands in plain words. They do nothing; an operation applies what was proposed. */
export interface Asker {
  /** What a command, or a plan in its place, would do; `hear` is told how far that is. */
  ask(given: { text?: string; plan?: string; reading?: number }, hear?: (message: string) => void): AskedCommand;
  /** What a proposal does to rows, by their ids. */
  changes(token: string, rows: number[]): Promise<Differences>;
  /** Commands that are understood, nearest to what was typed so far. */
  suggest(text: string, limit: number): Promise<string[]>;
  /** A plan as pandas code. */
  code(plan: string): Promise<string>;
  /** Lets go of a proposal. */
  discard(token: string): void;
}

/** A column, or a part of the dates in it. */
export interface ChartKey {
  column: string;
  unit?: string;
}

/** A chart step of a plan; what is left out follows from the columns' types. */
export interface ChartStep {
  op: 'chart';
  kind?: 'bar' | 'line' | 'area' | 'scatter' | 'histogram' | 'box' | 'heatmap' | 'pie';
  x?: ChartKey | null;
  y?: { fn: string; column?: string | null }[];
  y_column?: string | null;
  color?: ChartKey | null;
  facet?: ChartKey | null;
  horizontal?: boolean;
  [setting: string]: unknown;
}

/** A figure as Plotly has it. */
export interface Figure {
  data: Record<string, unknown>[];
  layout: Record<string, unknown>;
}

/** A chart of the table of revision `rev`. `step` has its kind and axes said; `code` makes it without this product. */
export interface Drawn {
  rev: number;
  step: ChartStep;
  figure: Figure;
  marks: number;
  code: string;
}

/** Charts of all rows of the table, whatever the view. */
export interface Charts {
  /** Rejects with a `Refusal`. `width` is in pixels, `x` and `y` are two bounds each of the part that is looked at. */
  draw(question: { step: ChartStep; width?: number; x?: Scalar[]; y?: Scalar[] }): Promise<Drawn>;
}

/** What the user can do about a table that is gone. */
export interface Remedy {
  label: string;
  run(): void | Promise<void>;
}

export type Connection = 'connecting' | 'open' | 'offline' | 'gone';

/** What a user may do with a shared table. */
export type Role = NonNullable<Welcome['role']>;

/** A node of a tree. `depth` is 0 for the total, `children` 0 at the lowest level; `leaves` are the rows below it. */
export interface TreeNode {
  path: (string | null)[];
  depth: number;
  children: number;
  open: boolean;
  leaves: number;
}

/** What is known of a view row itself: its node in a tree, the columns whose cells are locked, and why others cannot be typed into. */
export interface RowFacts {
  node: TreeNode | null;
  locked: ReadonlySet<number>;
  why: ReadonlyMap<number, string>;
}

/** Totals of a tree being written, and the rollups that are kept with a table. Rejections are `Refusal`s. */
export interface Planner {
  /** What is known of a view row, once it is here. */
  facts(row: number): RowFacts | undefined;
  /** Writes totals; `over` is the node's cell that shows what was typed until that is answered. */
  spread(op: Spread, over: { rid: number; column: number; text: string } | null): Promise<Outcome>;
  /** What writing them would do. */
  preview(op: Spread): Promise<SpreadPreview>;
  /** Keeps a rollup with the table under its name. */
  keep(rollup: RollupDef): Promise<void>;
  drop(name: string): Promise<void>;
}

/** Everything about the table that the interface draws, as one value that is replaced when anything in it changes. */
export interface SessionState {
  connection: Connection;
  /** Why the table is gone or offline, in words for the user. */
  notice: string;
  /** Set while the table is gone and there is something to do about it. */
  remedy?: Remedy | null;
  name: string;
  user: Person | null;
  /** What the user may do with a shared table; null for a private frame. */
  role: Role | null;
  /** Who else has a shared table open. */
  peers: readonly Peer[];
  readOnly: string;
  rev: number;
  /** The columns that are drawn: the table's own, or those of a tree. */
  schema: Schema;
  /** The table's own columns. */
  base: Schema;
  /** The tree whose nodes are drawn in place of rows; null for rows. */
  tree: TreeInfo | null;
  /** The rollups that are kept with the table. */
  rollups: readonly RollupDef[];
  /** Rows in the view, and in the table. */
  rows: number;
  total: number;
  view: View;
  /** A sort or filter is being computed. */
  busy: boolean;
  /** The view's sort or filter no longer matches the values; `refreshView` mends it. */
  stale: boolean;
  canUndo: boolean;
  canRedo: boolean;
  /** Operations sent and not acknowledged. */
  unsaved: number;
  profiles: ReadonlyMap<number, Profile>;
  /** Grows whenever any cell may look different. */
  version: number;
}

/** A client's conversation about one table: cached windows, optimistic edits, and questions. It knows no DOM. */
export interface Session {
  readonly state: SessionState;
  readonly asker: Asker;
  readonly charts: Charts;
  readonly planner: Planner;
  subscribe(listener: () => void): () => void;
  /** Tells which cells of the view may look different (all when absent), for cheap repaints. */
  onDamage(listener: (rows?: [start: number, stop: number]) => void): () => void;

  onNews(listener: (news: News) => void): () => void;

  /** The cell in view row `row`, or undefined while it is not here yet. Never asks for anything. */
  cell(row: number, column: number): Cell | undefined;
  /** The row id of a view row, or undefined while it is not here yet. */
  rid(row: number): number | undefined;
  /** The view row of a row id, or undefined if it is not here. */
  row(rid: number): number | undefined;
  /** Who else changed a cell lately. */
  touch(row: number, column: number): Touch | undefined;
  /** Says to the others where this user is, or nowhere. */
  here(spot: Spotted | null): void;
  /** Says what is visible; what is missing of it (and a margin around it) is fetched. */
  ensure(start: number, stop: number, columns: number[]): void;
  /** Resolves when those cells are here. */
  load(start: number, stop: number, columns: number[]): Promise<void>;

  setView(view: { sort?: Sort[]; filter?: Filter[]; search?: string; tree?: Tree | null }): Promise<void>;
  refreshView(): Promise<void>;

  /** Writes one cell as typed, drawn at once as pending; null is the missing value. */
  type(row: number, column: number, text: string | null): Promise<Outcome>;
  /** Forgets a rejected text; the stored value shows again. */
  discard(row: number, column: number): void;
  /** Any operation, under a condition if there is one. Never rejects for a refusal. */
  apply(op: Op, condition?: Condition): Promise<Outcome>;
  undo(): Promise<Outcome>;
  redo(): Promise<Outcome>;

  profile(columns: number[]): void;
  values(column: number, search: string, limit: number): Promise<Values>;
  find(query: {
    text: string;
    columns?: number[];
    case?: boolean;
    whole?: boolean;
    regex?: boolean;
    start?: number;
    limit?: number;
  }): Promise<{ matches: Match[]; total: number }>;
  stats(ranges: Range[]): Promise<Stats>;
  copy(range: Range, headers: boolean): Promise<string>;
  code(language: 'pandas' | 'sql'): Promise<string>;
  history(of?: { rid: number; column: number }): Promise<Change[]>;

  column(id: number): Column | undefined;
  dispose(): void;
}
