// Generated from tabweave_core.protocol by `make protocol`. Do not edit.

export const PROTOCOL = "tab/1";

/** A value in JSON; what each kind of column puts in it is said in values.ts. */
export type Scalar = null | boolean | number | string;

export type Kind = "integer" | "decimal" | "float" | "boolean" | "text" | "category" | "date" | "time" | "timestamp" | "duration" | "binary" | "nested" | "object";

/** A rectangle of cells and the values to put there.
 *
 * `values` is column-major: `values[j][i]` goes to row `i` of the target, column `columns[j]`. An inner list of length one
 * is repeated down all rows. Rows are `rows` (row ids), or the view range `[start, stop)` when `rows` is absent. */
export interface Block {
  columns: Array<number>;
  values: Array<Array<null | boolean | number | string>>;
  rows?: Array<number> | null;
  start?: number;
  stop?: number;
}

/** A set of rows: row ids, or ranges `[start, stop)` of the client's view. */
export interface Rows {
  ids?: Array<number> | null;
  ranges?: Array<[number, number]> | null;
}

/** Write blocks of cells, all or nothing.
 *
 * `input` is "text" for what a person typed or pasted (parsed by the column's type) and "value" for typed JSON values.
 * Null is the missing value in both. */
export interface SetCells {
  kind: "set_cells";
  blocks: Array<Block>;
  input?: "text" | "value";
}

/** Continue the view rows `[start, stop)` of `columns` over `[target_start, target_stop)`.
 *
 * "copy" repeats the source cells in turn; "series" continues a constant step of numbers or dates, and repeats what has
 * no step. */
export interface Fill {
  kind: "fill";
  columns: Array<number>;
  start: number;
  stop: number;
  target_start: number;
  target_stop: number;
  mode?: "copy" | "series";
}

/** Replace text in every matching cell of `columns` (all when absent) of the rows in the view.
 *
 * `whole` matches the whole cell only. The result of each cell must be valid for its column, or nothing is written. */
export interface Replace {
  kind: "replace";
  find: string;
  replacement: string;
  columns?: Array<number> | null;
  case?: boolean;
  whole?: boolean;
  regex?: boolean;
}

/** Insert `count` rows of missing or default values before row `before` (at the end when absent).
 *
 * With `copy_of` the new rows are copies of those rows and `count` is ignored. */
export interface InsertRows {
  kind: "insert_rows";
  count?: number;
  before?: number | null;
  copy_of?: Rows | null;
}

/** Delete rows. */
export interface DeleteRows {
  kind: "delete_rows";
  rows: Rows;
}

/** Add a column of missing values at position `at` (at the end when absent). `dtype` is a name from `Schema.dtypes`. */
export interface AddColumn {
  kind: "add_column";
  name: string;
  dtype: string;
  at?: number | null;
}

/** Drop columns. */
export interface DropColumns {
  kind: "drop_columns";
  columns: Array<number>;
}

/** Give a column a new, unused name. */
export interface RenameColumn {
  kind: "rename_column";
  column: number;
  name: string;
}

/** Put a column at position `to`, counted without it. */
export interface MoveColumn {
  kind: "move_column";
  column: number;
  to: number;
}

/** Change a column's type. Cells that do not convert refuse the whole operation, or become missing if told so. */
export interface RetypeColumn {
  kind: "retype_column";
  column: number;
  dtype: string;
  on_error?: "missing" | "refuse";
}

/** Undo the revision `ref`, or this user's last operation that is not undone. */
export interface Undo {
  kind: "undo";
  ref?: number | null;
}

/** Redo the operation undone by revision `ref`, or this user's last undone operation. */
export interface Redo {
  kind: "redo";
  ref?: number | null;
}

/** One column, or one level of the index.
 *
 * `name` is how the label reads; labels need not be text or unique, ids are. `dtype` is the type's own name. `lo` and `hi`
 * bound an integer or a decimal, as text. `unit` is s, ms, us or ns; `zone` an IANA name or a fixed offset.
 * `categories` is absent when there are too many to send. `why` says why a column cannot be edited. */
export interface Column {
  id: number;
  name: string;
  kind: "binary" | "boolean" | "category" | "date" | "decimal" | "duration" | "float" | "integer" | "nested" | "object" | "text" | "time" | "timestamp";
  dtype: string;
  index?: boolean;
  nullable?: boolean;
  editable?: boolean;
  why?: string;
  lo?: string | null;
  hi?: string | null;
  scale?: number | null;
  unit?: string | null;
  zone?: string | null;
  categories?: Array<string> | null;
  ordered?: boolean;
}

/** A type that a column can be given: the name to send and what a person reads. */
export interface DtypeChoice {
  name: string;
  label: string;
  kind: "binary" | "boolean" | "category" | "date" | "decimal" | "duration" | "float" | "integer" | "nested" | "object" | "text" | "time" | "timestamp";
}

/** A table's columns in order, index levels first. */
export interface Schema {
  columns: Array<Column>;
  dtypes: Array<DtypeChoice>;
}

/** One sort key. Missing values go last whichever way it runs. */
export interface Sort {
  column: number;
  descending?: boolean;
}

/** Keeps `lo <= value <= hi`; an absent bound is open. */
export interface RangeFilter {
  is: "range";
  column: number;
  lo?: null | boolean | number | string;
  hi?: null | boolean | number | string;
}

/** Keeps the rows whose value is listed (or is not, with `exclude`); `missing` lists the missing value too. */
export interface SetFilter {
  is: "set";
  column: number;
  values: Array<null | boolean | number | string>;
  missing?: boolean;
  exclude?: boolean;
}

/** Keeps the rows whose value, as shown, matches `text`. */
export interface TextFilter {
  is: "text";
  column: number;
  text: string;
  mode?: "contains" | "ends" | "equals" | "regex" | "starts";
  case?: boolean;
  negate?: boolean;
}

/** Keeps the rows where the value is missing, or present with `negate`. */
export interface MissingFilter {
  is: "missing";
  column: number;
  negate?: boolean;
}

/** Keeps the rows for which a DuckDB SQL expression over the column names is true. */
export interface ExpressionFilter {
  is: "expression";
  sql: string;
}

/** Which rows, in which order. All filters hold at once; `search` keeps rows with the text in any column. */
export interface View {
  sort?: Array<Sort>;
  filter?: Array<RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter>;
  search?: string;
}

/** A distinct value and how many rows have it. */
export interface ValueCount {
  value: null | boolean | number | string;
  count: number;
}

/** The distribution of one column.
 *
 * `edges` (bins + 1 numbers; timestamps and durations as numbers of `Column.unit`, dates as days) and `counts` are a
 * histogram; `top` the most frequent values. `exact` is false when a sample was read. */
export interface Profile {
  column: number;
  rows: number;
  missing: number;
  distinct?: number | null;
  lo?: null | boolean | number | string;
  hi?: null | boolean | number | string;
  mean?: number | null;
  edges?: Array<number>;
  counts?: Array<number>;
  top?: Array<ValueCount>;
  exact?: boolean;
}

/** A found cell: its row in the view, its row id, its column. */
export interface Match {
  row: number;
  rid: number;
  column: number;
}

/** View rows `[start, stop)` of some columns. */
export interface Range {
  start: number;
  stop: number;
  columns: Array<number>;
}

/** The footer's figures for a selection. Sums are exact for integers and decimals and so are text. */
export interface Stats {
  cells: number;
  present: number;
  numbers: number;
  sum?: string | null;
  mean?: number | null;
  lo?: string | null;
  hi?: string | null;
}

/** A cell that refused its value, and the nearest valid thing where there is one.
 *
 * `row` and `column` place it in the operation's target (0-based); `rid` and `id` name it in the table. */
export interface BadCell {
  row: number;
  column: number;
  rid: number;
  id: number;
  text: string;
  message: string;
  hint?: string;
}

/** Changed cells, column by column: row ids and their new values (see `values` for the JSON of each kind). */
export interface Cells {
  column: number;
  rows: Array<number>;
  values: Array<null | boolean | number | string>;
}

/** Who did something. */
export interface Person {
  id: string;
  name: string;
  color?: string;
}

/** One line of a table's history. */
export interface Change {
  rev: number;
  time: number;
  user: Person;
  kind: string;
  summary: string;
  n_cells?: number;
  n_rows?: number;
  undone?: boolean;
  undo_of?: number | null;
}

/** Opens (or reopens) a channel on a table: `frame/<kernel id>/<frame id>` or `table/<name>`.
 *
 * `last_seq` is the last operation this client numbered. `user` is set by the carrier and refused from a client. */
export interface Hello {
  type: "hello";
  ch: string;
  proto: string;
  table: string;
  last_seq?: number;
  epoch?: string | null;
  last_rev?: number | null;
  user?: Person | null;
}

/** Closes the channel. */
export interface Bye {
  type: "bye";
  ch: string;
}

/** Sets the channel's view; a newer one replaces it and cancels its computing. Answered by `subbed`. */
export interface Sub {
  type: "sub";
  ch: string;
  id: number;
  view: View;
}

/** Asks for view rows `[start, stop)` of `columns`. Answered by `window`. */
export interface Fetch {
  type: "fetch";
  ch: string;
  id: number;
  start: number;
  stop: number;
  columns: Array<number>;
}

/** An operation. `seq` counts 1, 2, 3 … per channel; it is applied at most once.
 *
 * `view` is the `sub` id that view ranges in it refer to. */
export interface Submit {
  type: "op";
  ch: string;
  seq: number;
  base_rev: number;
  op: SetCells | Fill | Replace | InsertRows | DeleteRows | AddColumn | DropColumns | RenameColumn | MoveColumn | RetypeColumn | Undo | Redo;
  view?: number | null;
}

/** Asks for the distribution of columns; `profiled` answers come one by one as they are computed. */
export interface AskProfile {
  type: "ask_profile";
  ch: string;
  id: number;
  columns: Array<number>;
}

/** Asks for the distinct values of a column that contain `search`, most frequent first. Answered by `values`. */
export interface AskValues {
  type: "ask_values";
  ch: string;
  id: number;
  column: number;
  search?: string;
  limit?: number;
}

/** Asks where `text` stands in the view, in reading order from `start`. Answered by `found`. */
export interface Find {
  type: "find";
  ch: string;
  id: number;
  text: string;
  columns?: Array<number> | null;
  case?: boolean;
  whole?: boolean;
  regex?: boolean;
  start?: number;
  limit?: number;
}

/** Asks for the figures of a selection. Answered by `stats`. */
export interface AskStats {
  type: "ask_stats";
  ch: string;
  id: number;
  ranges: Array<Range>;
}

/** Asks for a selection as TSV. Answered by `copied`. */
export interface Copy {
  type: "copy";
  ch: string;
  id: number;
  range: Range;
  headers?: boolean;
}

/** Asks for the edits made so far as code. Answered by `code`. */
export interface AskCode {
  type: "ask_code";
  ch: string;
  id: number;
  language: "pandas" | "sql";
}

/** Asks for the newest changes, of one cell if `rid` and `column` are given. Answered by `history`. */
export interface AskHistory {
  type: "ask_history";
  ch: string;
  id: number;
  limit?: number;
  rid?: number | null;
  column?: number | null;
}

/** Gives up on the answer to request `re`. */
export interface Cancel {
  type: "cancel";
  ch: string;
  re: number;
}

/** Answered by `pong` with the same `t`. */
export interface Ping {
  type: "ping";
  ch: string;
  t: number;
}

/** Answers `hello`. `epoch` changes when revisions or row ids start anew.
 *
 * `last_seq` is the last operation seen from this channel. */
export interface Welcome {
  type: "welcome";
  ch: string;
  epoch: string;
  rev: number;
  name: string;
  rows: number;
  schema: Schema;
  user: Person;
  last_seq?: number;
  read_only?: string;
  can_undo?: boolean;
  can_redo?: boolean;
}

/** The view is in force and has `rows` of `total` rows. */
export interface Subbed {
  type: "subbed";
  ch: string;
  re: number;
  rev: number;
  rows: number;
  total: number;
}

/** View rows `[start, stop)` at revision `rev`, as an Arrow stream: `_rid` (int64) and one column per id, named by the id. */
export interface Window {
  type: "window";
  ch: string;
  re: number;
  rev: number;
  start: number;
  stop: number;
}

/** Operation `seq` is done, as revision `rev`. `cells` are the values as stored, where they are few. */
export interface Ack {
  type: "ack";
  ch: string;
  seq: number;
  rev: number;
  status?: "noop" | "ok" | "partial";
  n_cells?: number;
  n_rows?: number;
  skipped?: number;
  message?: string;
  cells?: Array<Cells>;
  can_undo?: boolean;
  can_redo?: boolean;
}

/** Operation `seq` is refused; nothing was written. `bad` lists up to 100 of `n_bad` cells. `offer` would make it possible. */
export interface Nack {
  type: "nack";
  ch: string;
  seq: number;
  code: string;
  message: string;
  hint?: string;
  column?: number | null;
  rid?: number | null;
  bad?: Array<BadCell>;
  n_bad?: number;
  offer?: SetCells | Fill | Replace | InsertRows | DeleteRows | AddColumn | DropColumns | RenameColumn | MoveColumn | RetypeColumn | Undo | Redo | null;
}

/** What changed with revision `rev`, or since revision `since` (that one included) where several were put together.
 *
 * `cells` are exact new values. `columns` must be fetched anew. `rows_changed`: the view's rows or their order changed and
 * it has `rows` now. `schema` replaces the schema. `stale`: the view's sort or filter no longer matches the values. */
export interface Patch {
  type: "patch";
  ch: string;
  rev: number;
  user: Person;
  kind: string;
  since?: number;
  from_ch?: string;
  seq?: number;
  cells?: Array<Cells>;
  columns?: Array<number>;
  rows_changed?: boolean;
  rows?: number;
  total?: number;
  schema?: Schema | null;
  stale?: boolean;
  can_undo?: boolean;
  can_redo?: boolean;
}

/** Drop what you hold of the table, keep pending operations, say hello again. */
export interface Reset {
  type: "reset";
  ch: string;
  reason: "epoch" | "schema" | "slow" | "too_far";
}

/** The table cannot be reached: its kernel stopped or restarted, its variable was deleted, or the route to it is down. */
export interface Gone {
  type: "gone";
  ch: string;
  reason: "kernel" | "offline" | "unknown" | "variable";
  message: string;
}

/** One column's distribution; `done` with the last. */
export interface Profiled {
  type: "profiled";
  ch: string;
  re: number;
  rev: number;
  profile: Profile;
  done?: boolean;
}

/** Distinct values, most frequent first; `more` when the limit cut them. `missing` counts missing values. */
export interface Values {
  type: "values";
  ch: string;
  re: number;
  values: Array<ValueCount>;
  missing?: number;
  more?: boolean;
}

/** Matches in reading order, up to the limit, and how many there are in all. */
export interface Found {
  type: "found";
  ch: string;
  re: number;
  matches: Array<Match>;
  total: number;
}

/** Answers `ask_stats`. */
export interface Figures {
  type: "stats";
  ch: string;
  re: number;
  stats: Stats;
}

/** Answers `copy`. */
export interface Copied {
  type: "copied";
  ch: string;
  re: number;
  tsv: string;
}

/** Answers `ask_code`. */
export interface Code {
  type: "code";
  ch: string;
  re: number;
  text: string;
}

/** Answers `ask_history`, newest first. */
export interface History {
  type: "history";
  ch: string;
  re: number;
  changes: Array<Change>;
}

/** Answers `ping`. */
export interface Pong {
  type: "pong";
  ch: string;
  t: number;
}

/** A request that could not be answered, or a message that broke the protocol (`where` is the field's path). */
export interface Error {
  type: "error";
  ch: string;
  code: string;
  message: string;
  hint?: string;
  where?: string;
  re?: number | null;
}

export type Op =
  | SetCells
  | Fill
  | Replace
  | InsertRows
  | DeleteRows
  | AddColumn
  | DropColumns
  | RenameColumn
  | MoveColumn
  | RetypeColumn
  | Undo
  | Redo;

export type Filter =
  | RangeFilter
  | SetFilter
  | TextFilter
  | MissingFilter
  | ExpressionFilter;

export type Request =
  | Hello
  | Bye
  | Sub
  | Fetch
  | Submit
  | AskProfile
  | AskValues
  | Find
  | AskStats
  | Copy
  | AskCode
  | AskHistory
  | Cancel
  | Ping;

export type Answer =
  | Welcome
  | Subbed
  | Window
  | Ack
  | Nack
  | Patch
  | Reset
  | Gone
  | Profiled
  | Values
  | Found
  | Figures
  | Copied
  | Code
  | History
  | Pong
  | Error;
