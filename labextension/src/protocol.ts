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

/** What must hold for an operation to be applied; else it is refused with `CONFLICT`.
 *
 * `rev`: nobody has changed what it is about since that revision. `value`: the cells of its blocks have these values, a list
 * for each column of each block, in the shape of the blocks' own. */
export interface Condition {
  rev?: number | null;
  value?: Array<Array<null | boolean | number | string>> | null;
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
 * With `copy_of` the new rows are copies of those rows and `count` is ignored. In a shared table the cells of `columns` can
 * be given: `values` are typed JSON values as in a `Block`, column by column. */
export interface InsertRows {
  kind: "insert_rows";
  count?: number;
  before?: number | null;
  copy_of?: Rows | null;
  columns?: Array<number>;
  values?: Array<Array<null | boolean | number | string>>;
}

/** Delete rows. */
export interface DeleteRows {
  kind: "delete_rows";
  rows: Rows;
}

/** Add a column of missing values at position `at` (at the end when absent). `dtype` is a name from `Schema.dtypes`.
 *
 * In a shared table the cells of `rows` (row ids) can be given: `values` are typed JSON values, one for each row or one for
 * all of them. `categories` are the labels of a category column, in their order. */
export interface AddColumn {
  kind: "add_column";
  name: string;
  dtype: string;
  at?: number | null;
  rows?: Array<number>;
  values?: Array<null | boolean | number | string>;
  categories?: Array<string>;
  ordered?: boolean;
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

/** Change a column's type. Cells that do not convert refuse the whole operation, or become missing if told so.
 *
 * In a shared table a category column can be given its labels in their order, and be one already; without `categories` they
 * are the column's values, sorted. */
export interface RetypeColumn {
  kind: "retype_column";
  column: number;
  dtype: string;
  on_error?: "missing" | "refuse";
  categories?: Array<string> | null;
  ordered?: boolean;
}

/** Declare the least and the greatest number that a column may hold, as text; without one that side is open.
 *
 * It is refused where cells lie outside. What is written later has to lie within, in whichever way it is written. */
export interface BoundColumn {
  kind: "bound_column";
  column: number;
  least?: string | null;
  most?: string | null;
}

/** Write totals of a rollup: their rows follow, all targets or none.
 *
 * `holds` do not change, at whatever cost to the rows around them. With `ask_above` it is refused (TOO_LARGE) when it spreads
 * to more rows, unless `token` is that of a preview of the same operation at the same revision. */
export interface Spread {
  kind: "spread";
  rollup: RollupDef;
  targets: Array<Target>;
  holds?: Array<Coordinate>;
  ask_above?: number | null;
  token?: string;
}

/** Do what a plan says (JSON text, see `asking`), as one revision.
 *
 * With the `token` of a proposal it is refused (CONFLICT) when it would no longer do what was shown. `command` is what was
 * said and `interpreter` who read it, for the record. */
export interface Transform {
  kind: "transform";
  plan: string;
  token?: string;
  command?: string;
  interpreter?: string;
}

/** Lock cells for everyone, so that nothing changes them, or unlock them: rows of a rollup in the columns that it writes.
 *
 * `at` are rows as they are found now; rows that come later are free. Without `aggregates` all columns that can be typed into
 * are meant. It is no change of values, and is unlocked rather than undone. */
export interface Lock {
  kind: "lock";
  rollup: RollupDef;
  at: Array<Coordinate>;
  aggregates?: Array<number>;
  locked?: boolean;
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

/** One column, or one level of the index.
 *
 * `name` is how the label reads; labels need not be text or unique, ids are. `dtype` is the type's own name. `lo` and `hi`
 * bound an integer or a decimal by its type, `least` and `most` a number as somebody declared it, all as text. `unit` is s,
 * ms, us or ns; `zone` an IANA name or a fixed offset. `categories` is absent when there are too many to send. `why` says why
 * a column cannot be edited. */
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
  least?: string | null;
  most?: string | null;
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

/** Which rows, in which order. All filters hold at once; `search` keeps rows with the text in any column.
 *
 * With a `tree` the rows are nodes, and the columns that are sorted and filtered by are the tree's. */
export interface View {
  sort?: Array<Sort>;
  filter?: Array<RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter>;
  search?: string;
  tree?: Tree | null;
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

/** Changed cells, column by column: row ids and their new values (see `values` for the JSON of each kind).
 *
 * `by` has for each row the index of its writer in the message's `users`; without it the message's `user` wrote them all. */
export interface Cells {
  column: number;
  rows: Array<number>;
  values: Array<null | boolean | number | string>;
  by?: Array<number>;
}

/** Who did something. */
export interface Person {
  id: string;
  name: string;
  color?: string;
}

/** Where somebody is in a table: a cell, the far corner of what they selected, and whether they are typing. */
export interface Place {
  rid: number;
  column: number;
  to_rid?: number | null;
  to_column?: number | null;
  editing?: boolean;
}

/** One open grid or notebook on a shared table. `key` tells several of the same person apart; `kernel` is a notebook. */
export interface Peer {
  key: string;
  user: Person;
  place?: Place | null;
  kernel?: boolean;
}

/** A shared table as a list shows it. `people` are those who have it open; `created` is in seconds since 1970. */
export interface TableInfo {
  name: string;
  rows: number;
  columns: number;
  rev: number;
  role: "editor" | "owner" | "viewer";
  owner: Person;
  created: number;
  people?: Array<Person>;
}

/** One line of a table's history.
 *
 * `cell` has the value before and after where the history is one cell's and its column has the same type still. */
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
  cell?: Array<null | boolean | number | string> | null;
}

/** One measure of a rollup: `fn` of `column`, with `other` the weights or the denominator.
 *
 * `inverse` names the column that a typed ratio or weighted mean is written to. `label` is what a person reads; without one
 * it is made of the names. */
export interface Aggregate {
  fn: "count" | "distinct" | "first" | "last" | "max" | "mean" | "min" | "ratio" | "sum" | "weighted_mean";
  column: number;
  other?: number | null;
  inverse?: number | null;
  label?: string;
}

/** A hierarchy over a table's rows: the columns of its levels, the highest first, and what its nodes show.
 *
 * `across` is a column whose values stand side by side; `filter` keeps the rows that the rollup is about. */
export interface RollupDef {
  levels: Array<number>;
  aggregates: Array<Aggregate>;
  name?: string;
  across?: number | null;
  filter?: Array<RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter>;
}

/** A rollup as the rows of a view: a node above those below it that are open.
 *
 * `rollup` is one of the table's own by name, or any. `depth` levels below the total are shown everywhere, all without one;
 * `expanded` are paths of nodes that are open beyond that, `collapsed` those that are closed all the same. */
export interface Tree {
  rollup: string | RollupDef;
  depth?: number | null;
  expanded?: Array<Array<string | null>>;
  collapsed?: Array<Array<string | null>>;
}

/** What a column of a tree shows: one of the rollup's aggregates, of the rows that `where` keeps.
 *
 * `group` is the label of the value that stands across, null where it is missing; `total` says that it is over all of them.
 * `column` is the table's column that typing into it writes, where it can be typed into. */
export interface TreeColumn {
  id: number;
  aggregate: number;
  total?: boolean;
  group?: string | null;
  where?: Array<RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter>;
  column?: number | null;
  approximate?: boolean;
}

/** A tree that is shown: its rollup, the names of its levels, and what its columns after the first show.
 *
 * `nodes` are how many there are by level, the total first; `rows` how many rows they are about. */
export interface TreeInfo {
  rollup: RollupDef;
  levels: Array<string>;
  columns: Array<TreeColumn>;
  nodes: Array<number>;
  rows: number;
  remarks?: Array<string>;
}

/** Some of a rollup's rows: those below the node at `path` that all of `where` keep, of `rows` (ids) only if given.
 *
 * `name` is how it reads. As a hold it keeps their total, and with `each` every row of them. */
export interface Coordinate {
  path?: Array<string | null>;
  where?: Array<RangeFilter | SetFilter | TextFilter | MissingFilter | ExpressionFilter>;
  rows?: Array<number> | null;
  name?: string;
  each?: boolean;
}

/** Values to go by: those of another `column`, of the column itself without one; as they were at revision `rev`. */
export interface Reference {
  column?: number | null;
  rev?: number | null;
}

/** The total becomes the number: every row moves the same way, in proportion to its size. */
export interface Proportional {
  by: "proportional";
}

/** The total becomes the number: every row keeps its share. `force` accepts a sum near zero. */
export interface Ratio {
  by: "ratio";
  force?: boolean;
}

/** The total becomes the number: all rows get the same. */
export interface Equal {
  by: "equal";
  include_null?: boolean;
}

/** The total becomes the number: all rows move by the same. */
export interface EqualIncrement {
  by: "equal_increment";
}

/** The total becomes the number, in the proportions of `ref`. */
export interface Weighted {
  by: "weighted";
  ref: Reference;
}

/** The total becomes the number: the difference is added in the proportions of `ref`. */
export interface WeightedIncrement {
  by: "weighted_increment";
  ref: Reference;
}

/** Every row becomes the number; the only one for texts and dates. */
export interface Repeat {
  by: "repeat";
  include_null?: boolean;
}

/** The total grows by the number. */
export interface Add {
  by: "add";
  split?: "equal" | "proportional";
}

/** The total shrinks by the number. */
export interface Subtract {
  by: "subtract";
  split?: "equal" | "proportional";
}

/** Every row grows by so many percent, and the total by exactly the rounded percentage. */
export interface Percent {
  by: "percent";
}

/** Every row becomes so many percent more than its `ref`. */
export interface RelativePercent {
  by: "relative_percent";
  ref: Reference;
}

/** The totals along the ordered column `along` run evenly from the number to `last`. */
export interface StraightLine {
  by: "straight_line";
  along: number;
  last: string;
}

/** The totals along the ordered column `along` begin with the number and grow by `percent` a step. */
export interface Growth {
  by: "growth";
  along: number;
  percent: string;
}

/** Every row becomes its `ref`. */
export interface CopyOf {
  by: "copy";
  ref: Reference;
}

/** Every row becomes missing. */
export interface Clear {
  by: "clear";
}

/** Every row becomes zero. */
export interface Zero {
  by: "zero";
}

/** The number goes from here to another coordinate; what is above both stays as it is. */
export interface MoveTo {
  by: "move";
  to: Coordinate;
}

/** A total to write: the measure's place in the rollup's aggregates, where, and the number that the method is about. */
export interface Target {
  at: Coordinate;
  aggregate?: number;
  value?: string | null;
  method?: Proportional | Ratio | Equal | EqualIncrement | Weighted | WeightedIncrement | Repeat | Add | Subtract | Percent | RelativePercent | StraightLine | Growth | CopyOf | Clear | Zero | MoveTo;
}

/** One row that a spread changes, with what identifies it and its value before and after, as texts. */
export interface RowChange {
  row: number;
  path: Array<string | null>;
  before: string | null;
  after: string | null;
}

/** What a spread does to one target: how many rows it spreads to and changes, and the total before and after, as texts.
 *
 * `equal` says that there were no proportions to keep, `compensated` names the held total inside which others moved instead. */
export interface Total {
  name: string;
  measure: string;
  rows: number;
  changed: number;
  before: string;
  after: string;
  equal?: boolean;
  compensated?: string;
  largest?: Array<RowChange>;
}

/** A dry run: what each target comes to, and the token with which the same operation may be sent at this revision. */
export interface SpreadPreview {
  rev: number;
  totals: Array<Total>;
  rows: number;
  changed: number;
  token: string;
  message?: string;
}

/** Keeps a rollup with the table under its name, in place of one with that name. Answered by `rollups`. */
export interface DefineRollup {
  type: "define_rollup";
  ch: string;
  id: number;
  rollup: RollupDef;
}

/** Forgets one of the table's rollups. Answered by `rollups`. */
export interface DropRollup {
  type: "drop_rollup";
  ch: string;
  id: number;
  name: string;
}

/** The rollups that are kept with the table, in place of what was said of them before; answers who changed them, as `re`. */
export interface Rollups {
  type: "rollups";
  ch: string;
  rollups: Array<RollupDef>;
  re?: number | null;
}

/** Asks what a command, or a `plan` in its place, would do; nothing is done. Answered by `proposal`, maybe by `asking` first.
 *
 * `reading` (1, 2 …) says which is meant where a command may mean several things. A channel keeps its newest proposal. */
export interface Ask {
  type: "ask";
  ch: string;
  id: number;
  text?: string;
  plan?: string;
  reading?: number | null;
}

/** Asks what a proposal does to these rows (ids, at most 10,000). Answered by `changes`. */
export interface AskChanges {
  type: "ask_changes";
  ch: string;
  id: number;
  token: string;
  rows: Array<number>;
}

/** Asks for commands that are understood for this table, nearest to what was typed so far. Answered by `suggestions`. */
export interface AskSuggestions {
  type: "ask_suggestions";
  ch: string;
  id: number;
  text?: string;
  limit?: number;
}

/** Lets go of a proposal; not answered. */
export interface Discard {
  type: "discard";
  ch: string;
  token: string;
}

/** What becomes of a column. `cells` counts the cells of rows that stay and read differently afterwards.
 *
 * `name` and `kind` are those afterwards; `was` is the name before where it is another. `column` is absent for a new one. */
export interface ColumnChange {
  name: string;
  fate: "added" | "changed" | "dropped" | "renamed" | "retyped";
  column?: number | null;
  was?: string;
  kind?: "binary" | "boolean" | "category" | "date" | "decimal" | "duration" | "float" | "integer" | "nested" | "object" | "text" | "time" | "timestamp" | null;
  cells?: number;
}

/** One cell before and after; `row` is its row's number in the table's own order, from 1. */
export interface CellChange {
  rid: number;
  row: number;
  column: number;
  name: string;
  before?: null | boolean | number | string;
  after?: null | boolean | number | string;
}

/** A chart that was asked for: Plotly's JSON (`data` and `layout`) as text, and the same as an SVG picture. */
export interface Picture {
  title: string;
  kind: string;
  figure: string;
  svg: string;
}

/** What a command comes to.
 *
 * change: what it would do. `token` is sent with the `transform` that applies `plan`; it is good while it would do the same.
 * answer: a table of its own, its first `rows_sent` of `rows` rows in the message's Arrow data (`_rid` counts them), and charts.
 * choice: `readings`, of which one is to be chosen.
 * unclear: `reason` and `suggestions`, commands that are understood.
 *
 * `steps` are the plan in words, `sql` is what runs, `interpreter` is grammar, plan or model@name. `nothing`: there is nothing
 * to apply. `moved`: rows come in another order. `counts` says it all in a line, `notes` what else is to be known. */
export interface Proposal {
  outcome: "answer" | "change" | "choice" | "unclear";
  rev: number;
  command?: string;
  words?: string;
  steps?: Array<string>;
  plan?: string;
  sql?: string;
  interpreter?: string;
  cost?: string;
  token?: string;
  counts?: string;
  notes?: Array<string>;
  nothing?: boolean;
  moved?: boolean;
  rows_before?: number;
  rows_after?: number;
  rows_added?: number;
  rows_removed?: number;
  n_cells?: number;
  columns?: Array<ColumnChange>;
  cells?: Array<CellChange>;
  result?: Array<Column>;
  rows?: number;
  rows_sent?: number;
  charts?: Array<Picture>;
  readings?: Array<string>;
  reason?: string;
  suggestions?: Array<string>;
}

/** A command that was applied to a shared table, as its log keeps it: `plan` in JSON text, `sql` that ran, and what it did.
 *
 * The plans of those that are not undone, in turn on a fresh copy, give the same table. */
export interface AppliedCommand {
  rev: number;
  time: number;
  user: Person;
  command: string;
  plan: string;
  sql?: string;
  interpreter?: string;
  cells?: number;
  rows_added?: number;
  rows_removed?: number;
  undone?: boolean;
}

/** A column's changed cells among the rows asked for; `after` is of the kind that the proposal says.
 *
 * Columns that the proposal adds are -1, -2 … in its order, with a cell for each row that stays. */
export interface Difference {
  column: number;
  rows: Array<number>;
  before: Array<null | boolean | number | string>;
  after: Array<null | boolean | number | string>;
}

/** Answers `ask`, with an Arrow stream where the outcome is an answer that has columns. */
export interface Proposed {
  type: "proposal";
  ch: string;
  re: number;
  proposal: Proposal;
}

/** How far an `ask` is, in words; may come any number of times, `cancel` gives it up. */
export interface Asking {
  type: "asking";
  ch: string;
  re: number;
  stage: "computing" | "model" | "reading";
  message: string;
}

/** Answers `ask_changes`: changed cells of rows that stay, and which of the rows go. `rev` is the proposal's. */
export interface Differences {
  type: "changes";
  ch: string;
  re: number;
  rev: number;
  token: string;
  columns: Array<Difference>;
  removed?: Array<number>;
}

/** Answers `ask_suggestions`: whole commands, the likeliest first. */
export interface Suggestions {
  type: "suggestions";
  ch: string;
  re: number;
  commands?: Array<string>;
}

/** Asks for a chart of the table, whatever the view. Answered by `charted`.
 *
 * `width` is that of the chart in pixels. `x` and `y` are two bounds each, where only a part of an axis is looked at. */
export interface AskChart {
  type: "ask_chart";
  ch: string;
  id: number;
  chart: string;
  width?: number;
  x?: Array<null | boolean | number | string>;
  y?: Array<null | boolean | number | string>;
}

/** Answers `ask_chart`. `chart` is the step with nothing left out; `marks` counts what is drawn.
 *
 * `code` makes the chart of a DataFrame with plotly. */
export interface Charted {
  type: "charted";
  ch: string;
  re: number;
  rev: number;
  chart: string;
  figure: string;
  marks?: number;
  code?: string;
}

/** A fetch of the first `rows` of the first `columns` of the schema, asked before these are known.
 *
 * `have` is the mark of rows that came with the client's widget; if they are still the same, the `window` has no Arrow. */
export interface First {
  id: number;
  rows: number;
  columns: number;
  have?: string;
}

/** Opens (or reopens) a channel on a table: `frame/<kernel id>/<frame id>` or `table/<name>`.
 *
 * `last_seq` is the last operation this client numbered. `user` is set by the carrier and refused from a client. A client
 * that holds the whole table asks to `follow` it: it is told by `delta` instead of `patch`, from `last_rev` on if it gives
 * one of the same `epoch`. A frame answers `first` by a `window` after its `welcome`; a shared table leaves it out. */
export interface Hello {
  type: "hello";
  ch: string;
  proto: string;
  table: string;
  last_seq?: number;
  epoch?: string | null;
  last_rev?: number | null;
  follow?: boolean;
  first?: First | null;
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
 * `view` is the `sub` id that view ranges in it refer to. `if` makes it conditional; only shared tables take it. */
export interface Submit {
  type: "op";
  ch: string;
  seq: number;
  base_rev: number;
  op: SetCells | Fill | Replace | InsertRows | DeleteRows | AddColumn | DropColumns | RenameColumn | MoveColumn | RetypeColumn | BoundColumn | Spread | Lock | Transform | Undo | Redo;
  view?: number | null;
  if?: Condition | null;
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

/** Asks for the edits made so far as code, or for a `plan` (JSON text) as pandas code. Answered by `code`. */
export interface AskCode {
  type: "ask_code";
  ch: string;
  id: number;
  language: "pandas" | "sql";
  plan?: string;
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

/** Asks what a spread would do now, without doing it. Answered by `spread_preview`. */
export interface AskSpread {
  type: "ask_spread";
  ch: string;
  id: number;
  op: Spread;
}

/** Asks for a whole shared table as it is now. Answered by `snapshot`, once or in several parts. */
export interface AskSnapshot {
  type: "ask_snapshot";
  ch: string;
  id: number;
}

/** Says where this client's user is in a shared table, or (without a place) nowhere. May be lost; never stored. */
export interface Here {
  type: "here";
  ch: string;
  place?: Place | null;
}

/** Asks to be told which shared tables there are, now and whenever that changes; needs no hello. Answered by `tables`. */
export interface WatchTables {
  type: "watch_tables";
  ch: string;
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
 * `last_seq` is the last operation seen from this channel. `role` is the user's in a shared table, absent for a frame.
 * `rollups` are those that are kept with the table. */
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
  role?: "editor" | "owner" | "viewer" | null;
  rollups?: Array<RollupDef>;
}

/** The view is in force and has `rows` of `total` rows.
 *
 * A tree has columns of its own, `schema`, the first of which are the labels; its `tree` says what the others show. It is
 * said again, with the same `re`, when they have become others. */
export interface Subbed {
  type: "subbed";
  ch: string;
  re: number;
  rev: number;
  rows: number;
  total: number;
  schema?: Schema | null;
  tree?: TreeInfo | null;
}

/** View rows `[start, stop)` at revision `rev`, as an Arrow stream: `_rid` (int64) and one column per id, named by the id.
 *
 * `_locked` has where cells are locked the ids of their columns, in JSON; nodes of a tree have more (see the protocol's page). */
export interface Window {
  type: "window";
  ch: string;
  re: number;
  rev: number;
  start: number;
  stop: number;
}

/** Operation `seq` is done, as revision `rev`. `cells` are the values as stored, where they are few.
 *
 * `new_rows` are the rows that an operation on a shared table inserted, as pairs of the first row id and how many follow
 * it; `new_columns` the ids of the columns it added. */
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
  new_rows?: Array<number>;
  new_columns?: Array<number>;
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
  offer?: SetCells | Fill | Replace | InsertRows | DeleteRows | AddColumn | DropColumns | RenameColumn | MoveColumn | RetypeColumn | BoundColumn | Spread | Lock | Transform | Undo | Redo | null;
}

/** What changed with revision `rev`, or since revision `since` (that one included) where several were put together.
 *
 * `cells` are exact new values of cells that this client was sent since its view was put in force (`subbed`); columns with new
 * values in other cells are `elsewhere`. `columns` must be fetched anew. `rows_changed`: the view's rows or their order changed
 * and it has `rows` now. `schema` replaces the schema. `stale`: the view's sort or filter no longer matches the values. `users`
 * are the writers where several people's revisions were put together; `user` is then the last. */
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
  elsewhere?: Array<number>;
  rows_changed?: boolean;
  rows?: number;
  total?: number;
  schema?: Schema | null;
  stale?: boolean;
  can_undo?: boolean;
  can_redo?: boolean;
  users?: Array<Person>;
}

/** Part `part` (from 0) of `parts` of a table of revision `rev`, as an Arrow stream: `_rid` and every column, rows in order.
 *
 * `schema` and `runs` are those of that revision; runs are pairs of the first row id and the number of rows that follow it. */
export interface Snapshot {
  type: "snapshot";
  ch: string;
  re: number;
  rev: number;
  part: number;
  parts: number;
  schema: Schema;
  runs: Array<number>;
}

/** How a followed table of revision `since` becomes that of revision `rev`.
 *
 * The Arrow stream has `_rid` and the columns with new values, for the rows that came or changed, with their values at `rev`.
 * `schema` is there when columns changed, `runs` (see `snapshot`) when rows came or went. A column in `reread` is in the
 * stream for all rows. `changes` are the revisions, oldest first, up to 100. `seq` is the last operation of this client
 * that is in it. */
export interface Delta {
  type: "delta";
  ch: string;
  since: number;
  rev: number;
  schema?: Schema | null;
  runs?: Array<number> | null;
  reread?: Array<number>;
  changes?: Array<Change>;
  seq?: number;
  can_undo?: boolean;
  can_redo?: boolean;
}

/** Who else has the table open, and where they are; replaces what was said before. May be lost. */
export interface Present {
  type: "present";
  ch: string;
  peers: Array<Peer>;
}

/** The shared tables that this user may read; replaces what was said before. */
export interface Tables {
  type: "tables";
  ch: string;
  tables: Array<TableInfo>;
}

/** Drop what you hold of the table, keep pending operations, say hello again. */
export interface Reset {
  type: "reset";
  ch: string;
  reason: "epoch" | "rights" | "schema" | "slow" | "too_far";
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

/** Answers `ask_spread`. */
export interface Spreads {
  type: "spread_preview";
  ch: string;
  re: number;
  preview: SpreadPreview;
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
  | BoundColumn
  | Spread
  | Lock
  | Transform
  | Undo
  | Redo;

export type Filter =
  | RangeFilter
  | SetFilter
  | TextFilter
  | MissingFilter
  | ExpressionFilter;

export type Method =
  | Proportional
  | Ratio
  | Equal
  | EqualIncrement
  | Weighted
  | WeightedIncrement
  | Repeat
  | Add
  | Subtract
  | Percent
  | RelativePercent
  | StraightLine
  | Growth
  | CopyOf
  | Clear
  | Zero
  | MoveTo;

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
  | AskSpread
  | DefineRollup
  | DropRollup
  | Ask
  | AskChanges
  | AskSuggestions
  | Discard
  | AskChart
  | AskSnapshot
  | Here
  | WatchTables
  | Cancel
  | Ping;

export type Answer =
  | Welcome
  | Subbed
  | Window
  | Ack
  | Nack
  | Patch
  | Snapshot
  | Delta
  | Present
  | Tables
  | Reset
  | Gone
  | Profiled
  | Values
  | Found
  | Figures
  | Copied
  | Code
  | History
  | Spreads
  | Rollups
  | Proposed
  | Asking
  | Differences
  | Suggestions
  | Charted
  | Pong
  | Error;
