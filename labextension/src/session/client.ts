/** The session that the grid talks to: it joins the parts of this folder. */
import { PROTOCOL } from '../protocol';
import type { Ack, Answer, Column, Nack, Op, Patch, Request, View } from '../protocol';
import type { Frame, Transport } from '../transport/transport';
import type { Cell, Outcome, Session, SessionState } from './api';
import { Edits, type Typed } from './edits';
import { Fetcher } from './fetcher';
import { Link } from './link';
import { Profiles } from './profiles';
import { Questions } from './questions';
import { Refusal, refuse } from './refusal';
import { Replica } from './replica';
import { type Reply, Requests } from './requests';
import { drawChannel, EDIT_HINT, LOOK_ONLY, type Scope } from './scope';
import { Store } from './store';
import { Views } from './views';

/** What is fetched before the grid has measured itself. */
const FIRST_ROWS = 64;
const FIRST_COLUMNS = 32;

export class Client extends Questions implements Session {
  private readonly store = new Store();
  private readonly requests: Requests;
  private readonly edits: Edits;
  private readonly replica: Replica;
  private readonly views: Views;
  private readonly profiles: Profiles;
  private readonly fetcher: Fetcher;
  private readonly link: Link;
  private epoch: string | null = null;
  private disposed = false;

  constructor(
    private readonly transport: Transport,
    private readonly table: string,
    private readonly scope: Scope = {},
    ch = drawChannel()
  ) {
    super(ch);
    const post = (message: Request): void => this.post(message);
    const { store } = this;
    this.requests = new Requests(post);
    this.edits = new Edits(ch, post);
    this.replica = new Replica(store, this.edits, scope.columns ?? null);
    this.views = new Views(ch, this.requests, store, () => this.fetcher.restart());
    this.profiles = new Profiles(columns => post({ type: 'ask_profile', ch, id: this.requests.next(), columns }));
    this.fetcher = new Fetcher({
      ch,
      requests: this.requests,
      windows: this.replica.windows,
      rows: () => store.state.rows,
      knows: id => this.column(id) !== undefined,
      ready: () => this.ready && !this.views.lost,
      damage: (start, stop) => {
        this.replica.settle();
        store.paint([start, stop]);
      }
    });
    this.link = new Link(
      transport,
      () => this.hello(),
      () => this.route()
    );
    transport.onFrame(frame => this.receive(frame));
    this.link.start();
  }

  get state(): SessionState {
    return this.store.state;
  }

  subscribe(listener: () => void): () => void {
    return this.store.subscribe(listener);
  }

  onDamage(listener: (rows?: [start: number, stop: number]) => void): () => void {
    return this.store.onDamage(listener);
  }

  cell(row: number, column: number): Cell | undefined {
    return this.replica.cell(row, column);
  }

  rid(row: number): number | undefined {
    return this.replica.windows.rid(row);
  }

  column(id: number): Column | undefined {
    return this.replica.column(id);
  }

  ensure(start: number, stop: number, columns: number[]): void {
    this.fetcher.want(start, stop, columns);
  }

  load(start: number, stop: number, columns: number[]): Promise<void> {
    return this.disposed ? Promise.reject(this.closed()) : this.fetcher.load(start, stop, columns);
  }

  setView(view: Partial<View>): Promise<void> {
    return this.disposed ? Promise.reject(this.closed()) : this.views.set({ ...this.state.view, ...view });
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
    return this.submit(op, [{ rid, column, text }], true);
  }

  discard(row: number, column: number): void {
    const rid = this.rid(row);
    if (rid !== undefined) {
      this.edits.discard(rid, column);
      this.store.paint([row, row + 1]);
    }
  }

  apply(op: Op): Promise<Outcome> {
    return this.submit(this.replica.named(op), this.replica.typed(op), false);
  }

  undo(): Promise<Outcome> {
    return this.apply({ kind: 'undo' });
  }

  redo(): Promise<Outcome> {
    return this.apply({ kind: 'redo' });
  }

  profile(columns: number[]): void {
    this.profiles.want(columns.filter(id => this.column(id)));
  }

  dispose(): void {
    if (this.disposed) {
      return;
    }
    this.post({ type: 'bye', ch: this.ch });
    this.disposed = true;
    this.store.close();
    this.link.rest();
    this.profiles.stop();
    this.replica.forget();
    this.fetcher.fail(this.closed());
    this.requests.fail(this.closed());
    this.edits.fail('CANCELLED', 'The grid was closed before this was saved.');
    this.transport.dispose();
  }

  // Sending

  private route(): void {
    const { connection, notice, reason } = this.link;
    const remedy = reason === 'kernel' || reason === 'unknown' ? (this.scope.remedy?.() ?? null) : null;
    this.store.update({ connection, notice, remedy });
  }

  /** Whether the table answers just now. */
  private get ready(): boolean {
    return this.link.ready && !this.disposed;
  }

  /** Messages before the welcome or after a break are not sent: `welcome` sends what is still wanted. */
  private post(message: Request): void {
    if (this.ready) {
      this.transport.send(message);
    }
  }

  private hello(): Extract<Request, { type: 'hello' }> {
    const known = this.epoch === null ? {} : { epoch: this.epoch, last_rev: this.state.rev };
    return { type: 'hello', ch: this.ch, proto: PROTOCOL, table: this.table, last_seq: this.edits.last, ...known };
  }

  protected override async ask<T extends Parameters<Requests['ask']>[0]>(
    type: T,
    build: Parameters<Requests['ask']>[1]
  ): Promise<Reply<T>> {
    const barrier = this.barrier();
    if (barrier) {
      throw barrier;
    }
    return this.requests.ask(type, build).reply;
  }

  private submit(op: Op, cells: Typed[], keep: boolean): Promise<Outcome> {
    const barrier = this.barrier() ?? (this.scope.readOnly ? new Refusal('NOT_EDITABLE', LOOK_ONLY, EDIT_HINT) : null);
    if (barrier) {
      return Promise.resolve(this.refused(barrier));
    }
    const outcome = this.edits.add(op, cells, keep, this.replica.reached, this.views.inForce);
    this.store.update({ unsaved: this.edits.count });
    this.replica.repaint(cells);
    this.flush();
    return outcome;
  }

  private flush(): void {
    if (this.ready) {
      this.edits.flush();
    }
  }

  /** Why nothing can be asked or done any more, if so. */
  private barrier(): Refusal | null {
    return this.disposed ? this.closed() : this.link.connection === 'gone' ? new Refusal('OFFLINE', this.link.notice) : null;
  }

  private closed(): Refusal {
    return new Refusal('CANCELLED', 'The grid was closed.');
  }

  /** The outcome of an operation that was not sent. */
  private refused({ code, message, hint }: Refusal): Outcome {
    return { ok: false, nack: refuse(this.ch, 0, code, message, hint) };
  }

  // Receiving

  private receive({ message, arrow }: Frame): void {
    if (this.disposed || message.ch !== this.ch) {
      return;
    }
    switch (message.type) {
      case 'welcome':
        return this.welcome(message);
      case 'subbed':
        this.replica.reorder(message.rev);
        this.views.take(message);
        this.fetcher.restart();
        break;
      case 'ack':
        return this.ack(message);
      case 'nack':
        return this.nack(message);
      case 'patch':
        return this.patch(message);
      case 'profiled':
        this.profiles.take(message);
        return this.store.update({ profiles: this.profiles.current });
      case 'reset':
        this.replica.reorder(this.state.rev);
        return this.link.greet();
      case 'gone':
        return this.lose(message.reason, message.message);
      case 'error':
        return this.fault(message);
      case 'pong':
        return;
    }
    this.requests.answer(message, arrow);
  }

  private welcome(message: Extract<Answer, { type: 'welcome' }>): void {
    const { epoch, rev, name, rows, schema, user, last_seq = 0, read_only = '', can_undo = false, can_redo = false } = message;
    if (this.epoch !== null && this.epoch !== epoch) {
      this.edits.fail('CONFLICT', 'The table was built anew before this was saved.', 'Look at the row and type it again.');
      this.edits.clear();
      this.profiles.drop();
      this.replica.forget();
    } else if (rev !== this.state.rev || !this.views.plain) {
      this.replica.reorder(rev);
    }
    this.epoch = epoch;
    this.replica.reach(rev);
    this.profiles.drop(this.replica.describe(schema, 0));
    const { plain } = this.views;
    const seen = {
      name,
      user,
      rev,
      total: rows,
      readOnly: read_only || (this.scope.readOnly ? LOOK_ONLY : ''),
      canUndo: can_undo,
      canRedo: can_redo
    };
    this.store.update({ ...seen, ...(plain ? { rows, stale: false } : {}), profiles: this.profiles.current });
    this.link.welcome();
    this.edits.resume(last_seq);
    this.fetcher.drop();
    this.requests.resume();
    this.views.resume();
    this.fetcher.pump();
    this.flush();
    this.profiles.resume();
    if (this.fetcher.idle) {
      const first = this.state.schema.columns.slice(0, FIRST_COLUMNS).map(({ id }) => id);
      this.ensure(0, FIRST_ROWS, first);
    }
    this.store.update({ unsaved: this.edits.count });
    this.store.paint();
  }

  private ack(ack: Ack): void {
    const { rev, cells = [], can_undo = false, can_redo = false } = ack;
    const edit = this.edits.ack(ack);
    this.replica.write(cells, rev);
    if (edit) {
      this.replica.stored(ack, edit.op);
      this.replica.repaint(edit.cells);
    }
    const newest = Math.max(rev, this.state.rev);
    this.store.update({ rev: newest, canUndo: can_undo, canRedo: can_redo, unsaved: this.edits.count });
    this.flush();
    this.fetcher.pump();
  }

  private nack(nack: Nack): void {
    const cells = this.edits.nack(nack);
    this.store.update({ unsaved: this.edits.count });
    this.replica.repaint(cells);
    this.flush();
  }

  private patch(patch: Patch): void {
    const { rev, cells = [], columns = [], rows_changed = false, rows = 0, total = 0, schema, stale = false } = patch;
    const { can_undo: canUndo = false, can_redo: canRedo = false } = patch;
    const missed = (patch.since || rev) > this.state.rev + 1;
    this.replica.reach(rev);
    if (schema) {
      this.profiles.drop(this.replica.describe(schema, rev));
    }
    if (rows_changed) {
      this.replica.reorder(rev);
      this.store.update({ rows, total });
    } else if (columns.length) {
      this.replica.windows.expire(rev, columns);
    }
    this.replica.write(cells, rev);
    this.store.update({
      rev: Math.max(rev, this.state.rev),
      stale: stale || this.state.stale,
      canUndo,
      canRedo,
      profiles: this.profiles.current
    });
    this.profiles.touch(rows_changed ? undefined : [...columns, ...cells.map(({ column }) => column)]);
    if (missed) {
      this.mend(rev);
    }
    if (rows_changed) {
      this.fetcher.restart();
    } else {
      this.fetcher.pump();
    }
  }

  /** A revision was missed: everything held may be wrong, so all is asked anew, though not for every miss of a flood. */
  private mend(rev: number): void {
    this.replica.windows.expire(rev);
    if (this.link.isRare()) {
      this.transport.send(this.hello());
    }
  }

  private fault({ re, code, message, hint = '' }: Extract<Answer, { type: 'error' }>): void {
    const oldest = this.edits.oldest();
    if (typeof re === 'number') {
      this.requests.refuse(re, new Refusal(code, message, hint));
    } else if (!this.ready) {
      // Every operation after one with a wrong number is answered so too, and hello has been said already.
      if (code !== 'BAD_SEQ') {
        this.lose('unknown', `${message} ${hint}`.trim());
      }
    } else if (code === 'BAD_SEQ' && this.link.isRare()) {
      this.link.greet();
    } else if (oldest !== undefined) {
      this.nack(refuse(this.ch, oldest, code, message, hint));
    }
  }

  private lose(reason: 'kernel' | 'offline' | 'unknown' | 'variable', message: string): void {
    this.link.gone({ reason, message });
    if (reason !== 'offline') {
      const refusal = new Refusal('OFFLINE', message);
      this.requests.fail(refusal);
      this.fetcher.fail(refusal);
    }
    if (reason === 'variable') {
      this.edits.fail('NO_TABLE', message);
      this.store.update({ unsaved: this.edits.count });
    }
  }
}
