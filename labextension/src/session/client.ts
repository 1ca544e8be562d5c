/** The session that the grid talks to: it joins the parts of this folder. */
import { PROTOCOL } from '../protocol';
import type { Change, Column, Condition, Op, Request, View } from '../protocol';
import type { Transport } from '../transport/transport';
import { TableAsker } from './asker';
import type { Cell, News, Outcome, Session, SessionState, Spotted, Touch } from './api';
import { TableCharts } from './charts';
import { Colors } from './colors';
import { type Asked, Edits } from './edits';
import { Fetcher } from './fetcher';
import { Link } from './link';
import { Losses } from './losses';
import type { Greeting } from './opening';
import { TablePlanner } from './planner';
import { Presence } from './presence';
import { Profiles } from './profiles';
import { Questions } from './questions';
import { type Parts, Reception } from './reception';
import { Refusal, refuse } from './refusal';
import { Replica } from './replica';
import { type Reply, Requests } from './requests';
import { EDIT_HINT, LOOK_ONLY, type Scope } from './scope';
import { passingSeat, type Seat, type Standing } from './seat';
import { Store } from './store';
import { Touches } from './touches';
import { Trees } from './trees';
import { Views } from './views';

/** Operations that mean the same whether rows or nodes are drawn. */
const ON_NODES = new Set<Op['kind']>(['spread', 'lock', 'transform', 'undo', 'redo']);

export class Client extends Questions implements Session {
  readonly asker: TableAsker;
  readonly charts: TableCharts;
  readonly planner: TablePlanner;
  private readonly parts: Parts;
  private readonly reception: Reception;
  private disposed = false;

  constructor(
    private readonly transport: Transport,
    private readonly table: string,
    private readonly scope: Scope = {},
    private readonly seat: Seat = passingSeat(),
    greeting: Greeting | null = null
  ) {
    super(seat.ch);
    const call = (message: Request): void => transport.send(message);
    const hello = (): ReturnType<typeof this.hello> => this.hello();
    this.parts = this.assemble(seat.ch);
    const { requests, replica } = this.parts;
    const barrier = (): Refusal | null => this.barrier();
    this.asker = new TableAsker(seat.ch, requests, barrier);
    this.charts = new TableCharts(seat.ch, requests, barrier);
    this.planner = new TablePlanner(seat.ch, requests, replica, barrier, asked => this.submit(asked));
    this.reception = new Reception(this.parts, scope, seat.user, seat.epoch, call, hello);
    const { edits, store, link } = this.parts;
    edits.take(seat.waiting, seat.last);
    store.update({ unsaved: edits.count });
    seat.onLost(() => this.cede());
    transport.onFrame(frame => {
      if (!this.disposed && frame.message.ch === this.ch) {
        this.reception.take(frame);
      }
    });
    if (greeting) {
      this.reception.anticipate(greeting);
      void greeting.shown.then(() => this.disposed || link.start());
    } else {
      link.start();
    }
  }

  private assemble(ch: string): Parts {
    const post = (message: Request): void => this.post(message);
    const store = new Store();
    const colors = new Colors();
    const requests = new Requests(post);
    const edits = new Edits(ch, post, () => this.keep());
    const replica = new Replica(store, edits, this.scope.columns ?? null);
    const views = new Views(ch, requests, store, ({ message, hint }, view) => {
      trees.leave();
      fetcher.restart();
      if (view.tree) {
        store.tell({ kind: 'felled', message, hint });
      }
    });
    const profiles = new Profiles(columns => post({ type: 'ask_profile', ch, id: requests.next(), columns }));
    const touches = new Touches(replica.windows);
    const trees = new Trees(store, replica, edits, touches, profiles);
    store.update({ view: { ...store.state.view, tree: this.scope.tree ?? null } });
    const fetcher = new Fetcher({
      ch,
      requests,
      windows: replica.windows,
      rows: () => store.state.rows,
      knows: id => this.column(id) !== undefined,
      ready: () => this.ready && !views.lost,
      damage: (start, stop) => {
        replica.settle();
        store.paint([start, stop]);
      }
    });
    const busy = this.table.startsWith('table/') ? 'The server may be busy.' : undefined;
    const link = new Link(
      this.transport,
      () => this.hello(),
      () => this.route(),
      busy
    );
    const isSeen = (): boolean => this.ready && store.state.role !== null && !this.scope.blind;
    const presence = new Presence(ch, store, colors, post, isSeen);
    const losses = new Losses();
    return { ch, store, requests, edits, replica, views, fetcher, colors, profiles, touches, trees, link, presence, losses };
  }

  get state(): SessionState {
    return this.parts.store.state;
  }

  subscribe(listener: () => void): () => void {
    return this.parts.store.subscribe(listener);
  }

  onDamage(listener: (rows?: [start: number, stop: number]) => void): () => void {
    return this.parts.store.onDamage(listener);
  }

  onNews(listener: (news: News) => void): () => void {
    return this.parts.store.onNews(listener);
  }

  cell(row: number, column: number): Cell | undefined {
    return this.parts.replica.cell(row, column);
  }

  rid(row: number): number | undefined {
    return this.parts.replica.windows.rid(row);
  }

  row(rid: number): number | undefined {
    return this.parts.replica.windows.row(rid);
  }

  touch(row: number, column: number): Touch | undefined {
    const rid = this.rid(row);
    return rid === undefined ? undefined : this.parts.touches.of(rid, column);
  }

  column(id: number): Column | undefined {
    return this.parts.replica.column(id);
  }

  ensure(start: number, stop: number, columns: number[]): void {
    this.parts.fetcher.want(start, stop, columns);
  }

  load(start: number, stop: number, columns: number[]): Promise<void> {
    return this.disposed ? Promise.reject(this.closed()) : this.parts.fetcher.load(start, stop, columns);
  }

  setView(view: Partial<View>): Promise<void> {
    return this.disposed ? Promise.reject(this.closed()) : this.parts.views.set({ ...this.state.view, ...view });
  }

  refreshView(): Promise<void> {
    return this.setView({});
  }

  async type(row: number, column: number, text: string | null): Promise<Outcome> {
    if (this.rid(row) === undefined) {
      try {
        await this.load(row, row + 1, [column]);
      } catch (reason) {
        return this.refused(reason instanceof Refusal ? reason : new Refusal('OFFLINE', String(reason)));
      }
    }
    const rid = this.rid(row);
    if (rid === undefined) {
      return this.refused(new Refusal('NO_ROW', `There is no row ${row + 1} any more.`));
    }
    const op: Op = { kind: 'set_cells', blocks: [{ columns: [column], values: [[text]], rows: [rid] }] };
    return this.submit({ op, cells: [{ rid, column, text }], keep: true, condition: null });
  }

  discard(row: number, column: number): void {
    const rid = this.rid(row);
    if (rid !== undefined) {
      this.parts.edits.discard(rid, column);
      this.parts.store.paint([row, row + 1]);
    }
  }

  apply(asked: Op, condition: Condition | null = null): Promise<Outcome> {
    const { replica, trees } = this.parts;
    if (trees.drawn && !ON_NODES.has(asked.kind)) {
      return Promise.resolve(
        this.refused(new Refusal('BAD_MESSAGE', 'This is done on rows, not on totals.', 'Go back to the rows.'))
      );
    }
    return this.submit({ op: replica.named(asked), cells: replica.typed(asked), keep: false, condition });
  }

  undo(): Promise<Outcome> {
    return this.apply({ kind: 'undo' });
  }

  redo(): Promise<Outcome> {
    return this.apply({ kind: 'redo' });
  }

  profile(columns: number[]): void {
    const { profiles, trees } = this.parts;
    if (!trees.drawn) {
      profiles.want(columns.filter(id => this.column(id)));
    }
  }

  override async history(of?: { rid: number; column: number }): Promise<Change[]> {
    const changes = await super.history(of);
    const { colors, store } = this.parts;
    return store.state.role === null ? changes : changes.map(change => ({ ...change, user: colors.of(change.user) }));
  }

  here(spot: Spotted | null): void {
    const rid = spot ? this.rid(spot.row) : undefined;
    if (!spot || this.parts.trees.drawn) {
      this.parts.presence.go(null);
    } else if (rid !== undefined) {
      const { row, column, toRow, toColumn, editing } = spot;
      const far = this.rid(toRow);
      const many = far !== undefined && (toRow !== row || toColumn !== column);
      const to = many ? { to_rid: far, to_column: toColumn } : {};
      this.parts.presence.go({ rid, column, ...to, ...(editing ? { editing } : {}) });
    }
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    const { store, link, profiles, replica, fetcher, requests, edits, presence } = this.parts;
    this.post({ type: 'bye', ch: this.ch });
    this.disposed = true;
    this.seat.leave();
    store.close();
    link.rest();
    this.reception.rest();
    presence.stop();
    profiles.stop();
    replica.forget();
    fetcher.fail(this.closed());
    requests.fail(this.closed());
    edits.fail('CANCELLED', 'The grid was closed before this was saved.');
    this.transport.dispose();
  }

  private route(): void {
    const { link, store, presence } = this.parts;
    const { connection, notice, reason } = link;
    const remedy = reason === 'kernel' || reason === 'unknown' ? (this.scope.remedy?.() ?? null) : null;
    store.update({ connection, notice, remedy });
    if (!link.ready) {
      presence.pause();
    }
  }

  /** Whether the table answers just now. */
  private get ready(): boolean {
    return this.parts.link.ready && !this.disposed;
  }

  /** Messages before the welcome or after a break are not sent: a welcome has sent what is still wanted. */
  private post(message: Request): void {
    if (this.ready) {
      this.transport.send(message);
    }
  }

  private hello(): Extract<Request, { type: 'hello' }> {
    const { epoch, met } = this.reception;
    const known = epoch === null ? {} : { epoch, ...(met ? { last_rev: this.state.rev } : {}) };
    const first = this.table.startsWith('frame/') && !met ? this.reception.opening.promise() : null;
    const asked = first ? { first } : {};
    return {
      type: 'hello',
      ch: this.ch,
      proto: PROTOCOL,
      table: this.table,
      last_seq: this.parts.edits.last,
      ...known,
      ...asked
    };
  }

  protected override async ask<T extends Parameters<Requests['ask']>[0]>(
    type: T,
    build: Parameters<Requests['ask']>[1]
  ): Promise<Reply<T>> {
    const barrier = this.barrier();
    if (barrier) {
      throw barrier;
    }
    return this.parts.requests.ask(type, build).reply;
  }

  private submit(asked: Omit<Asked, 'base' | 'view'>): Promise<Outcome> {
    const { edits, replica, views, store } = this.parts;
    const barrier = this.barrier() ?? (this.scope.readOnly ? new Refusal('NOT_EDITABLE', LOOK_ONLY, EDIT_HINT) : null);
    if (barrier) {
      return Promise.resolve(this.refused(barrier));
    }
    const outcome = edits.add({ ...asked, base: replica.reached, view: views.inForce });
    store.update({ unsaved: edits.count });
    replica.repaint(asked.cells);
    if (!this.disposed) {
      this.reception.flush();
    }
    return outcome;
  }

  private keep(): void {
    if (!this.disposed) {
      this.seat.keep((): Standing => {
        const { edits } = this.parts;
        return { epoch: this.reception.epoch, last: edits.last, waiting: edits.waiting };
      });
    }
  }

  /** Tells the listeners of this table's news something that was heard elsewhere. */
  announce(news: News): void {
    this.parts.store.tell(news);
  }

  /** Another page speaks on this channel now, and has taken over what was unsaved. */
  private cede(): void {
    if (!this.disposed) {
      const { link } = this.parts;
      this.reception.lose('unknown', 'Another tab of this browser has taken over what was unsaved here. Reload the page.');
      link.rest();
    }
  }

  /** Why nothing can be asked or done any more, if so. */
  private barrier(): Refusal | null {
    const { connection, notice } = this.parts.link;
    return this.disposed ? this.closed() : connection === 'gone' ? new Refusal('OFFLINE', notice) : null;
  }

  private closed(): Refusal {
    return new Refusal('CANCELLED', 'The grid was closed.');
  }

  /** The outcome of an operation that was not sent. */
  private refused({ code, message, hint }: Refusal): Outcome {
    return { ok: false, nack: refuse(this.ch, 0, code, message, hint) };
  }
}
