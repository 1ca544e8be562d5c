import type {
  Change,
  Column,
  Filter,
  Match,
  Nack,
  Op,
  Person,
  Profile,
  Range,
  Schema,
  Sort,
  Stats,
  Values,
  View
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

/** What the user can do about a table that is gone. */
export interface Remedy {
  label: string;
  run(): void | Promise<void>;
}

export type Connection = 'connecting' | 'open' | 'offline' | 'gone';

/** Everything about the table that the interface draws, as one value that is replaced when anything in it changes. */
export interface SessionState {
  connection: Connection;
  /** Why the table is gone or offline, in words for the user. */
  notice: string;
  /** Set while the table is gone and there is something to do about it. */
  remedy?: Remedy | null;
  name: string;
  user: Person | null;
  readOnly: string;
  rev: number;
  schema: Schema;
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
  subscribe(listener: () => void): () => void;
  /** Tells which cells of the view may look different (all when absent), for cheap repaints. */
  onDamage(listener: (rows?: [start: number, stop: number]) => void): () => void;

  /** The cell in view row `row`, or undefined while it is not here yet. Never asks for anything. */
  cell(row: number, column: number): Cell | undefined;
  /** The row id of a view row, or undefined while it is not here yet. */
  rid(row: number): number | undefined;
  /** Says what is visible; what is missing of it (and a margin around it) is fetched. */
  ensure(start: number, stop: number, columns: number[]): void;
  /** Resolves when those cells are here. */
  load(start: number, stop: number, columns: number[]): Promise<void>;

  setView(view: { sort?: Sort[]; filter?: Filter[]; search?: string }): Promise<void>;
  refreshView(): Promise<void>;

  /** Writes one cell as typed, drawn at once as pending; null is the missing value. */
  type(row: number, column: number, text: string | null): Promise<Outcome>;
  /** Forgets a rejected text; the stored value shows again. */
  discard(row: number, column: number): void;
  /** Any operation. Never rejects for a refusal. */
  apply(op: Op): Promise<Outcome>;
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
