import type {
  Change,
  Column,
  Condition,
  Filter,
  Match,
  Nack,
  Op,
  Peer,
  Person,
  Profile,
  Range,
  Scalar,
  Schema,
  Sort,
  Stats,
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
  | { kind: 'rights'; readOnly: string };

/** What the user can do about a table that is gone. */
export interface Remedy {
  label: string;
  run(): void | Promise<void>;
}

export type Connection = 'connecting' | 'open' | 'offline' | 'gone';

/** What a user may do with a shared table. */
export type Role = NonNullable<Welcome['role']>;

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

  setView(view: { sort?: Sort[]; filter?: Filter[]; search?: string }): Promise<void>;
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
