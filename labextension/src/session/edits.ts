/**
 * Operations that are not yet acknowledged, in order, and what they mean for the cells meanwhile.
 *
 * An operation keeps its number until it is answered, whatever happens to the connection: the table applies a number at most
 * once, so sending it again is safe.
 */
import type { Ack, Condition, Nack, Op, Submit } from '../protocol';
import type { Outcome } from './api';
import { refuse } from './refusal';

/** Sent and unanswered operations that the table accepts from one client. */
const MOST_IN_FLIGHT = 64;

/** A cell as typed. */
export interface Typed {
  rid: number;
  column: number;
  text: string | null;
}

/** What lies over a stored cell. `rev` is set when the edit is stored but its value is not here yet. */
export interface Mark {
  seq: number;
  text: string;
  state: 'pending' | 'rejected';
  reason: string;
  hint: string;
  rev: number | null;
}

/** An operation as it is asked for. */
export interface Asked {
  op: Op;
  /** The revision whose rows it is about. */
  base: number;
  view: number | null;
  /** What must hold for it. */
  condition: Condition | null;
  /** The cells that show what it writes until it is answered. */
  cells: Typed[];
  /** A refusal is shown in the cells, with what was typed. */
  keep: boolean;
}

/** An operation that waits for its answer, as it can be stored and taken up again. */
export interface Waiting extends Asked {
  seq: number;
}

interface Edit extends Waiting {
  sent: boolean;
  /** Taken up from before the page was loaded: nobody waits for its outcome. */
  taken: boolean;
  resolve: (outcome: Outcome) => void;
}

/** An operation that was answered. */
export type Ended = Readonly<Pick<Edit, 'op' | 'cells' | 'taken'>>;

export class Edits {
  private queue: Edit[] = [];
  private readonly marks = new Map<number, Map<number, Mark[]>>();
  private seq = 0;

  constructor(
    private readonly ch: string,
    private readonly send: (message: Submit) => void,
    /** Called when operations came, went or were given other numbers. */
    private readonly changed: () => void = () => undefined
  ) {}

  /** Operations without an answer. */
  get count(): number {
    return this.queue.length;
  }

  /** Whether some of what was taken up from before has no answer yet. */
  get hasTaken(): boolean {
    return this.queue.some(edit => edit.taken);
  }

  /** The number of the last operation. */
  get last(): number {
    return this.seq;
  }

  /** The operations without an answer, in order. */
  get waiting(): Waiting[] {
    return this.queue.map(({ seq, op, base, view, condition, cells, keep }) => ({ seq, op, base, view, condition, cells, keep }));
  }

  add(asked: Asked): Promise<Outcome> {
    return new Promise(resolve => {
      this.push({ ...asked, seq: ++this.seq, sent: false, taken: false, resolve });
      this.changed();
    });
  }

  /** Goes on where this channel was left: after operation `last`, with these still unanswered. */
  take(waiting: readonly Waiting[], last: number): void {
    for (const one of waiting) {
      // What was typed over a node of a tree must not lie over a row that has the same number.
      const cells = one.op.kind === 'spread' ? [] : one.cells;
      this.push({ ...one, cells, sent: false, taken: true, resolve: () => undefined });
    }
    this.seq = Math.max(last, this.queue.at(-1)?.seq ?? 0);
  }

  private push(edit: Edit): void {
    this.queue.push(edit);
    for (const { rid, column, text } of edit.cells) {
      const held = this.stack(column, rid).filter(mark => mark.state === 'pending');
      held.push({ seq: edit.seq, text: text ?? '', state: 'pending', reason: '', hint: '', rev: null });
      this.restack(column, rid, held);
    }
  }

  /** Sends what waits, as far as the table takes it. */
  flush(): void {
    for (const edit of this.queue.slice(0, MOST_IN_FLIGHT)) {
      if (!edit.sent) {
        edit.sent = true;
        const { seq, op, base, view, condition } = edit;
        const more = { ...(view === null ? {} : { view }), ...(condition ? { if: condition } : {}) };
        this.send({ type: 'op', ch: this.ch, seq, base_rev: base, op, ...more });
      }
    }
  }

  /** Has everything unanswered sent again at the next flush. */
  unsend(): void {
    for (const edit of this.queue) {
      edit.sent = false;
    }
  }

  /** After a new connection: everything unanswered goes again under its number, on top of `seen` if the table forgot us. */
  resume(seen: number): void {
    const first = this.queue[0]?.seq ?? this.seq + 1;
    if (seen < first - 1) {
      this.renumber(seen);
    }
    this.seq = Math.max(this.seq, seen);
    this.unsend();
    this.changed();
  }

  private renumber(seen: number): void {
    const next = new Map(this.queue.map((edit, i) => [edit.seq, seen + 1 + i]));
    for (const mark of this.all()) {
      mark.seq = next.get(mark.seq) ?? mark.seq;
    }
    for (const edit of this.queue) {
      edit.seq = next.get(edit.seq) ?? edit.seq;
    }
    this.seq = seen + this.queue.length;
  }

  private *all(): Generator<Mark> {
    for (const rows of this.marks.values()) {
      for (const stack of rows.values()) {
        yield* stack;
      }
    }
  }

  private end(seq: number): Edit | undefined {
    const edit = this.queue.find(waiting => waiting.seq === seq);
    if (edit) {
      this.queue = this.queue.filter(waiting => waiting !== edit);
      this.changed();
    }
    return edit;
  }

  /** Ends an operation as done and tells it. Its marks stay until `settle` finds the stored values. */
  ack(ack: Ack): Ended | null {
    const edit = this.end(ack.seq);
    if (!edit) {
      return null;
    }
    for (const { column, rid } of edit.cells) {
      const own = this.stack(column, rid).find(mark => mark.seq === ack.seq);
      if (own) {
        own.rev = ack.status === 'noop' ? 0 : ack.rev;
      }
    }
    const { rev, n_cells = 0, n_rows = 0, skipped = 0, message = '' } = ack;
    edit.resolve({ ok: true, rev, cells: n_cells, rows: n_rows, skipped, message });
    return edit;
  }

  /** Ends an operation as refused. What was typed stays in its cell with the reason, unless something newer was typed there. */
  nack(nack: Nack): Ended | null {
    const edit = this.end(nack.seq);
    if (!edit) {
      return null;
    }
    for (const { column, rid } of edit.cells) {
      const stack = this.stack(column, rid);
      const mark = stack.find(one => one.seq === nack.seq);
      const bad = nack.bad?.find(one => one.rid === rid && one.id === column);
      if (mark && edit.keep && stack.at(-1) === mark) {
        mark.state = 'rejected';
        mark.reason = bad?.message ?? nack.message;
        mark.hint = bad?.hint ?? nack.hint ?? '';
      } else {
        this.restack(
          column,
          rid,
          stack.filter(one => one !== mark)
        );
      }
    }
    edit.resolve({ ok: false, nack });
    return edit;
  }

  /** Drops the marks of stored edits whose values have come; `rev` tells a cell's revision, undefined if it is not here. */
  settle(rev: (rid: number, column: number) => number | undefined): void {
    for (const [column, rows] of [...this.marks]) {
      for (const [rid, stack] of [...rows]) {
        const here = rev(rid, column) ?? Infinity;
        this.restack(
          column,
          rid,
          stack.filter(mark => mark.rev === null || mark.rev > here)
        );
      }
    }
  }

  /** What lies over a cell: the last thing typed that is not stored yet. */
  mark(rid: number, column: number): Mark | undefined {
    return this.marks.get(column)?.get(rid)?.at(-1);
  }

  /** Forgets a rejected text. */
  discard(rid: number, column: number): void {
    this.restack(
      column,
      rid,
      this.stack(column, rid).filter(mark => mark.state !== 'rejected')
    );
  }

  /** The oldest operation that was sent, for an error that does not say which it means. */
  oldest(): number | undefined {
    return this.queue.find(edit => edit.sent)?.seq;
  }

  /** Refuses everything that waits. */
  fail(code: string, message: string, hint = ''): void {
    for (const { seq } of [...this.queue]) {
      this.nack(refuse(this.ch, seq, code, message, hint));
    }
  }

  /** Forgets what lies over the cells; row ids start anew. */
  clear(): void {
    this.marks.clear();
  }

  private stack(column: number, rid: number): Mark[] {
    return this.marks.get(column)?.get(rid) ?? [];
  }

  private restack(column: number, rid: number, stack: Mark[]): void {
    let rows = this.marks.get(column);
    if (stack.length) {
      if (!rows) {
        rows = new Map();
        this.marks.set(column, rows);
      }
      rows.set(rid, stack);
    } else if (rows?.delete(rid) && rows.size === 0) {
      this.marks.delete(column);
    }
  }
}
