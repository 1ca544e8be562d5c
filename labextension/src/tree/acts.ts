/** All that a user can do to a tree of totals. It knows no keys and draws nothing. */
import type { Coordinate, Lock, RollupDef, Spread, SpreadPreview, Tree, TreeColumn, TreeInfo, View } from '../protocol';
import type { Outcome, RowFacts, TreeNode } from '../session/api';
import type { Controller } from '../grid/controller';
import { spell } from './definition';
import { readEntry, readText, type Entry } from './entry';
import { closed, isSame, levelled, opened, rowFilters, written, type Path } from './nodes';
import { keepHolds, recallHolds, type Hold, type Memory } from './remembered';

/** What the grid around a tree lends it. */
export interface Host extends Pick<Controller, 'session' | 'state' | 'notify' | 'open' | 'close' | 'undo'> {
  say(text: string): void;
  goTo(row: number, column: number): void;
}

/** A write that waits for the user's word. */
export interface Proposal {
  op: Spread;
  found: SpreadPreview;
  row: number;
  column: number;
  text: string;
}

/** The tree that is drawn is one thing; what it is going to be, `Session.state.view.tree`, is another. */
export interface TreeState {
  holds: readonly Hold[];
  proposal: Proposal | null;
}

/** More rows than this are shown what becomes of them first. */
export const ASK_ABOVE = 1_000;
/** Nodes that are opened one by one. */
const MOST_OPENED = 2_000;
const STEP = 256;

export class TreeActs {
  state: TreeState = { holds: [], proposal: null };
  private readonly listeners = new Set<() => void>();
  /** How the rows were seen before the tree. */
  private rows: Partial<View> = {};

  /** The tree whose holds these are. */
  private held = '';

  constructor(
    private readonly host: Host,
    private readonly memory: Memory | null = null
  ) {}

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private get session() {
    return this.host.session;
  }

  /** The tree that is drawn; null for rows. */
  get shown(): TreeInfo | null {
    return this.session.state.tree;
  }

  /** Which nodes are open, or going to be. */
  private get tree(): Tree | null {
    const { view, tree } = this.session.state;
    return view.tree ?? (tree && { rollup: tree.rollup });
  }

  /** Brings what is held in line with the tree that is drawn. */
  follow(): void {
    const name = this.name;
    if (name !== this.held) {
      this.held = name;
      const { shown } = this;
      const holds = shown ? recallHolds(this.memory, name, shown, (path, column) => this.place(path, column)) : [];
      if (holds.length || this.state.holds.length) {
        this.update({ holds });
      }
    }
  }

  /** What holds are kept under; empty for rows. */
  private get name(): string {
    const { name, base } = this.session.state;
    return this.shown ? `${name}: ${spell(this.shown.rollup, base.columns)}` : '';
  }

  facts(row: number): RowFacts | undefined {
    return this.session.planner.facts(row);
  }

  node(row: number): TreeNode | null {
    return this.shown ? (this.facts(row)?.node ?? null) : null;
  }

  /** What a column of the tree shows; nothing for the labels. */
  shows(column: number): TreeColumn | undefined {
    return this.shown?.columns.find(({ id }) => id === column);
  }

  columnName(column: number): string {
    return this.session.column(column)?.name ?? '';
  }

  isLabel(column: number): boolean {
    return this.shown !== null && this.session.state.schema.columns[0]?.id === column;
  }

  // Which tree, and how much of it.

  async enter(rollup: RollupDef | string): Promise<void> {
    const { view, tree } = this.session.state;
    if (!tree) {
      this.rows = { sort: view.sort ?? [], filter: view.filter ?? [], search: view.search ?? '' };
    }
    await this.session.setView({ tree: { rollup, depth: 1 }, sort: [], filter: [], search: '' });
    this.update({ proposal: null });
    this.host.say(`${this.shown?.levels.join(', ') ?? 'Rollup'}: ${this.session.state.rows} nodes`);
  }

  async leave(): Promise<void> {
    await this.session.setView({ sort: [], filter: [], search: '', ...this.rows, tree: null });
    this.host.say('All rows');
  }

  /** Back to the rows, those below one node. */
  async showRows(row: number): Promise<void> {
    const node = this.node(row);
    const { shown, tree } = this;
    if (node && shown) {
      const filter = rowFilters(shown.rollup, node.path, this.session.state.base.columns);
      await this.session.setView({ sort: [], search: '', filter, tree: null });
      this.host.notify({
        level: 'info',
        text: `The rows of ${written(node.path)}`,
        action: { label: 'Back to the rollup', run: () => void this.session.setView({ tree, sort: [], filter: [], search: '' }) }
      });
    }
  }

  async level(depth: number | null): Promise<void> {
    if (this.tree) {
      await this.session.setView({ tree: levelled(this.tree, depth) });
      this.host.say(depth === null ? 'All levels open' : `Open to level ${depth}`);
    }
  }

  async toggle(row: number): Promise<void> {
    const node = this.node(row);
    if (node?.children) {
      await this.turn(node, !node.open);
    }
  }

  /** Opens or closes a node; of the lowest level, the rows below it are shown. */
  enterNode(row: number): Promise<void> {
    return this.node(row)?.children ? this.toggle(row) : this.showRows(row);
  }

  async turn(node: TreeNode, open: boolean): Promise<void> {
    const { tree } = this;
    if (tree && node.children && node.open !== open) {
      await this.session.setView({ tree: open ? opened(tree, [node.path]) : closed(tree, node.path) });
      this.host.say(`${written(node.path.slice(-1))} ${open ? `open, ${node.children} below` : 'closed'}`);
    }
  }

  /** Opens everything below a node, level by level. */
  async openBelow(row: number): Promise<void> {
    const top = this.node(row);
    if (!top?.children) {
      return;
    }
    if (top.depth === 0) {
      return this.level(null);
    }
    await this.turn(top, true);
    for (let depth = top.depth + 1; depth < (this.shown?.levels.length ?? 0); depth++) {
      const wanted = await this.below(row, top.depth, depth);
      if (wanted === null) {
        this.host.notify({ level: 'info', text: 'That is too much to open one by one.', hint: 'Use the level buttons above.' });
        return;
      }
      if (this.tree && wanted.length) {
        await this.session.setView({ tree: opened(this.tree, wanted) });
      }
    }
  }

  /** The paths of the closed nodes at a depth below the node at `row`; null when they are too many. */
  private async below(row: number, top: number, depth: number): Promise<Path[] | null> {
    const { session } = this;
    const label = session.state.schema.columns[0]?.id ?? 0;
    const found: Path[] = [];
    for (let at = row + 1; at < session.state.rows; at++) {
      if (!this.node(at)) {
        await session.load(at, Math.min(at + STEP, session.state.rows), [label]);
      }
      const node = this.node(at);
      if (!node || node.depth <= top) {
        break;
      }
      if (node.depth === depth && node.children && !node.open && found.push(node.path) > MOST_OPENED) {
        return null;
      }
    }
    return found;
  }

  /** The row of the node above the one at `row`; null for the total. */
  async parent(row: number): Promise<number | null> {
    const depth = this.node(row)?.depth ?? 0;
    const label = this.session.state.schema.columns[0]?.id ?? 0;
    for (let at = row - 1; at >= 0; at--) {
      if (!this.node(at)) {
        await this.session.load(Math.max(0, at - STEP), at + 1, [label]);
      }
      if ((this.node(at)?.depth ?? Infinity) < depth) {
        return at;
      }
    }
    return null;
  }

  // Writing.

  /** Why a cell cannot be written, or nothing. */
  why(row: number, id: number): string {
    const column = this.session.column(id);
    if (!column || this.isLabel(id)) {
      return 'Labels are the values of the rows’ columns. Change them in the rows.';
    }
    const facts = this.facts(row);
    if (facts?.locked.has(id)) {
      return facts.why.get(id) ?? 'This is locked for everyone.';
    }
    return (column.editable === false ? column.why || 'This cannot be written.' : facts?.why.get(id)) ?? '';
  }

  /** Reads what was typed over a cell. */
  read(column: number, text: string): Entry {
    const { base } = this.session.state;
    const target = base.columns.find(({ id }) => id === this.shows(column)?.column);
    const plain = target && !['integer', 'decimal', 'float'].includes(target.kind);
    return plain ? readText(text) : readEntry(text, name => base.columns.find(each => each.name === name)?.id);
  }

  /** The operation that writes a cell of the node at `row`; null where there is none. */
  operation(row: number, column: number, entry: Entry): Spread | null {
    const [tree, node, shows] = [this.shown, this.node(row), this.shows(column)];
    if (!tree || !node || !shows || 'error' in entry) {
      return null;
    }
    const { value, method } = entry;
    const at = this.place(node.path, shows);
    const target = { at, aggregate: shows.aggregate, ...(value === null ? {} : { value }), method };
    const holds = this.state.holds
      .filter(hold => hold.aggregate === shows.aggregate && !isSame(hold.at, at))
      .map(hold => hold.at);
    return { kind: 'spread', rollup: tree.rollup, targets: [target], ...(holds.length ? { holds } : {}) };
  }

  /** Where a column's cell at a path is, as operations name it. */
  private place(path: Path, { where = [], group, total }: TreeColumn): Coordinate {
    const name = total === false ? `${written(path)}, ${group ?? '(missing)'}` : '';
    return { path: [...path], ...(where.length ? { where } : {}), ...(name ? { name } : {}) };
  }

  /** Writes what was typed. Above the limit nothing is written yet: the proposal waits for `accept`. */
  async write(row: number, column: number, text: string, show = false): Promise<Outcome | null> {
    const op = this.operation(row, column, this.read(column, text));
    const rid = this.session.rid(row);
    if (!op) {
      return null;
    }
    if (!show) {
      const over = rid === undefined ? null : { rid, column, text };
      const outcome = await this.session.planner.spread({ ...op, ask_above: ASK_ABOVE }, over);
      if (outcome.ok || outcome.nack.code !== 'TOO_LARGE') {
        return outcome;
      }
      this.session.discard(row, column);
    }
    const found = await this.session.planner.preview(op);
    this.update({ proposal: { op, found, row, column, text } });
    return null;
  }

  /** Writes several totals at once; above the limit they are proposed, as over the cell that is named. */
  async writeAll(op: Spread, row: number, column: number): Promise<Outcome | null> {
    const { planner } = this.session;
    const outcome = await planner.spread({ ...op, ask_above: ASK_ABOVE }, null);
    if (outcome.ok || outcome.nack.code !== 'TOO_LARGE') {
      return outcome;
    }
    this.update({ proposal: { op, found: await planner.preview(op), row, column, text: '' } });
    return null;
  }

  /** Writes what is proposed, or proposes it anew if the table has changed. */
  async accept(): Promise<Outcome | null> {
    const { proposal } = this.state;
    if (!proposal) {
      return null;
    }
    const { op, found, row, column, text } = proposal;
    const rid = this.session.rid(row);
    const over = rid === undefined || op.targets.length > 1 ? null : { rid, column, text };
    const outcome = await this.session.planner.spread({ ...op, token: found.token }, over);
    if (!outcome.ok && outcome.nack.code === 'CONFLICT') {
      this.session.discard(row, column);
      this.update({ proposal: { ...proposal, found: await this.session.planner.preview(op) } });
      return outcome;
    }
    this.update({ proposal: null });
    return outcome;
  }

  decline(): void {
    this.update({ proposal: null });
  }

  // Keeping totals.

  holdAt(row: number, column: number): Hold | undefined {
    const [node, shows] = [this.node(row), this.shows(column)];
    if (!node || !shows || !this.state.holds.length) {
      return undefined;
    }
    const at = this.place(node.path, shows);
    return this.state.holds.find(hold => hold.aggregate === shows.aggregate && isSame(hold.at, at));
  }

  /** Keeps these totals as they are in what this user writes, or no longer; all as the first of them. */
  hold(wanted: readonly { row: number; column: number }[]): void {
    const cells = wanted.filter(({ column }) => this.shows(column) && this.session.column(column)?.editable !== false);
    const [first] = cells;
    if (!first) {
      const why = wanted[0] && !this.isLabel(wanted[0].column) ? this.session.column(wanted[0].column)?.why : '';
      this.host.notify({ level: 'info', text: why || 'Labels are not held, totals are.' });
      return;
    }
    const on = !this.holdAt(first.row, first.column);
    let { holds } = this.state;
    for (const { row, column } of cells) {
      const [node, shows] = [this.node(row), this.shows(column)];
      const held = this.holdAt(row, column);
      if (node && shows && on !== (held !== undefined)) {
        holds = on
          ? [...holds, { at: this.place(node.path, shows), aggregate: shows.aggregate }]
          : holds.filter(each => each !== held);
      }
    }
    this.keepHolds(holds);
    this.host.say(on ? 'Held: what you write elsewhere leaves it as it is' : 'No longer held');
  }

  release(): void {
    this.keepHolds([]);
  }

  private keepHolds(holds: readonly Hold[]): void {
    if (this.shown) {
      keepHolds(this.memory, this.name, this.shown, holds);
    }
    this.update({ holds });
  }

  /** Locks a cell for everyone, or unlocks it. */
  async lock(row: number, column: number, locked: boolean): Promise<Outcome | null> {
    const [tree, node, shows] = [this.shown, this.node(row), this.shows(column)];
    if (!tree || !node || !shows) {
      return null;
    }
    const at = [this.place(node.path, shows)];
    const op: Lock = { kind: 'lock', rollup: tree.rollup, at, aggregates: [shows.aggregate], locked };
    return this.session.apply(op);
  }

  // The rollups that are kept with the table.

  keep = (rollup: RollupDef): Promise<void> => this.session.planner.keep(rollup);
  drop = (name: string): Promise<void> => this.session.planner.drop(name);

  private update(change: Partial<TreeState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach(listener => listener());
  }
}
