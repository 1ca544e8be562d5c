import { int64, tableFromArrays, tableToIPC, utf8 } from '@uwdata/flechette';
import type { Answer, Cells, Column, Person, Request, Scalar, Submit, View } from '../../labextension/src/protocol';
import { decodeRows } from '../../labextension/src/arrow';
import type { Greeting } from '../../labextension/src/session/opening';
import type { Frame, Transport } from '../../labextension/src/transport/transport';

export const ME = { id: 'ann', name: 'Ann' };
export const BO = { id: 'bo', name: 'Bo' };

export const COLUMNS: Column[] = [
  { id: 0, name: 'qty', kind: 'integer', dtype: 'int64' },
  { id: 1, name: 'name', kind: 'text', dtype: 'str' }
];

type Row = [qty: number | null, name: string | null];
type Answering = Answer extends infer One ? (One extends { ch: string } ? Omit<One, 'ch'> : never) : never;

/**
 * A table that answers as the kernel does, by a script: `hold` keeps answers back, `lose` drops them, `cut` breaks the
 * route. Everything received is in `log`.
 */
export class FakeTable {
  readonly log: Request[] = [];
  readonly rows = new Map<number, Row>();
  order: number[];
  epoch = 'e1';
  rev = 0;
  last = 0;
  columns = COLUMNS;
  /** What the user may do, if this is a shared table. */
  role: 'owner' | 'editor' | 'viewer' | null = null;
  readOnly = '';
  user: Person = ME;
  /** Types of answers that are lost on the way. */
  readonly lose = new Set<string>();
  /** Types of answers that wait for `release`. */
  readonly hold = new Set<string>();
  private readonly held: Frame[] = [];
  private readonly answers = new Map<number, Answering>();
  private ch = '';
  private view: number[] | null = null;
  private sub: number | null = null;
  private up = true;
  private frame: (frame: Frame) => void = () => undefined;
  private open: (open: boolean) => void = () => undefined;
  disposed = false;

  constructor(count = 1000) {
    this.order = Array.from({ length: count }, (_, i) => i);
    this.order.forEach(rid => this.rows.set(rid, [rid * 10, `row ${rid}`]));
  }

  /** The transport to it. */
  transport(): Transport {
    return {
      send: message => {
        if (this.up) {
          this.log.push(structuredClone(message));
          queueMicrotask(() => this.receive(structuredClone(message)));
        }
      },
      onFrame: listener => {
        this.frame = listener;
      },
      onOpen: listener => {
        this.open = listener;
        listener(this.up);
      },
      dispose: () => {
        this.disposed = true;
      }
    };
  }

  sent<T extends Request['type']>(type: T): Array<Extract<Request, { type: T }>> {
    return this.log.filter((message): message is Extract<Request, { type: T }> => message.type === type);
  }

  cut(): void {
    this.up = false;
    this.open(false);
  }

  mend(): void {
    this.up = true;
    this.open(true);
  }

  /** Delivers what was held. */
  release(): void {
    this.hold.clear();
    this.held.splice(0).forEach(frame => this.frame(frame));
  }

  tell(answer: Answering, arrow?: Uint8Array): void {
    const frame = { message: { ...answer, ch: this.ch } as Answer, ...(arrow ? { arrow } : {}) };
    if (this.hold.has(answer.type)) {
      this.held.push(frame);
    } else if (this.up && !this.lose.has(answer.type)) {
      this.frame(frame);
    }
  }

  /** Somebody else, or the notebook's code, writes a cell. */
  write(rid: number, column: number, value: Scalar, told = true): void {
    this.put(rid, column, value);
    this.rev += 1;
    if (told) {
      this.tell({ type: 'patch', rev: this.rev, user: BO, kind: 'set_cells', cells: [{ column, rows: [rid], values: [value] }] });
    }
  }

  /** Somebody writes cells of a column that this client was not sent. */
  writeElsewhere(column: number): void {
    this.rev += 1;
    this.tell({ type: 'patch', rev: this.rev, user: BO, kind: 'set_cells', elsewhere: [column] });
  }

  /** Code writes a whole column, too much to tell cell by cell. */
  fill(column: number, value: Scalar): void {
    this.order.forEach(rid => this.put(rid, column, value));
    this.rev += 1;
    this.tell({ type: 'patch', rev: this.rev, user: BO, kind: 'code', columns: [column] });
  }

  remove(rid: number): void {
    this.order = this.order.filter(one => one !== rid);
    this.view = this.view?.filter(one => one !== rid) ?? null;
    this.rev += 1;
    const { length } = this.visible;
    this.tell({
      type: 'patch',
      rev: this.rev,
      user: BO,
      kind: 'delete_rows',
      rows_changed: true,
      rows: length,
      total: this.order.length
    });
  }

  get visible(): number[] {
    return this.view ?? this.order;
  }

  private put(rid: number, column: number, value: Scalar): void {
    const row = this.rows.get(rid);
    if (row && column === 0) {
      row[0] = value as number | null;
    } else if (row) {
      row[1] = value as string | null;
    }
  }

  private receive(message: Request): void {
    switch (message.type) {
      case 'hello':
        this.ch = message.ch;
        this.view = null;
        this.sub = null;
        this.tell(this.welcome);
        if (message.first) {
          const columns = this.columns.slice(0, message.first.columns).map(({ id }) => id);
          const same = message.first.have === this.mark;
          this.window(message.first.id, 0, message.first.rows, columns, same);
        }
        return;
      case 'sub':
        return this.arrange(message.id, message.view);
      case 'fetch':
        return this.window(message.id, message.start, message.stop, message.columns);
      case 'op':
        return this.apply(message);
      case 'ask_stats':
        return this.tell({ type: 'stats', re: message.id, stats: { cells: 1, present: 1, numbers: 1, sum: '7' } });
      case 'ask_code':
        return this.tell({ type: 'error', code: 'TOO_LARGE', message: 'Too much code.', hint: 'Less.', re: message.id });
      case 'ask_profile':
        return message.columns.forEach((column, i) =>
          this.tell({
            type: 'profiled',
            re: message.id,
            rev: this.rev,
            profile: { column, rows: this.order.length, missing: 0 },
            done: i === message.columns.length - 1
          })
        );
    }
  }

  private arrange(id: number, view: View): void {
    if (view.filter?.some(filter => filter.is === 'expression')) {
      this.tell({ type: 'error', code: 'TYPE', message: 'That is not SQL.', re: id });
      return;
    }
    const [key] = view.sort ?? [];
    this.view =
      key || view.search ? this.order.filter(rid => !view.search || this.rows.get(rid)?.[1]?.includes(view.search)) : null;
    if (key?.descending) {
      this.view = [...(this.view ?? this.order)].reverse();
    }
    this.sub = id;
    this.tell({ type: 'subbed', re: id, rev: this.rev, rows: this.visible.length, total: this.order.length });
  }

  /** What comes along with a widget that is made now. */
  greeting(): Greeting {
    const rows = decodeRows(this.stream(this.order.slice(0, 128), [0, 1]));
    return { welcome: { ...this.welcome, ch: '' }, rows, mark: this.mark, shown: Promise.resolve() };
  }

  private get mark(): string {
    return `${this.epoch}/${this.rev}`;
  }

  private get welcome(): Extract<Answering, { type: 'welcome' }> {
    return {
      type: 'welcome',
      epoch: this.epoch,
      rev: this.rev,
      name: 'sales',
      rows: this.order.length,
      schema: { columns: this.columns, dtypes: [] },
      user: this.user,
      last_seq: this.last,
      read_only: this.readOnly,
      ...(this.role ? { role: this.role } : {})
    };
  }

  private window(re: number, start: number, stop: number, columns: number[], same = false): void {
    const rids = this.visible.slice(start, stop);
    const told: Answering = { type: 'window', re, rev: this.rev, start, stop: start + rids.length };
    this.tell(told, same ? undefined : this.stream(rids, columns));
  }

  private stream(rids: number[], columns: number[]): Uint8Array {
    const cells = rids.map(rid => this.rows.get(rid) ?? [null, null]);
    const data: Record<string, unknown[]> = { _rid: rids.map(BigInt) };
    const types: Record<string, ReturnType<typeof int64> | ReturnType<typeof utf8>> = { _rid: int64() };
    for (const id of columns) {
      data[id] = cells.map(row => (id === 0 ? (row[0] === null ? null : BigInt(row[0])) : row[1]));
      types[id] = id === 0 ? int64() : utf8();
    }
    const order = ['_rid', ...columns.map(String)];
    const table = tableFromArrays(
      order.map(name => [name, data[name] ?? []] as [string, unknown[]]),
      { types }
    );
    return tableToIPC(table, { format: 'stream' }) ?? new Uint8Array();
  }

  private apply({ seq, op, view = null }: Submit): void {
    const known = this.answers.get(seq);
    if (known) {
      this.tell(known);
      return;
    }
    if (seq !== this.last + 1) {
      this.tell({ type: 'error', code: 'BAD_SEQ', message: `Operation ${seq} came, but ${this.last + 1} is next.` });
      return;
    }
    this.last = seq;
    const bad: Array<{ rid: number; id: number; text: string }> = [];
    const cells: Cells[] = [];
    if (op.kind === 'set_cells') {
      for (const { columns, values, rows, start = 0, stop = 0 } of op.blocks) {
        if (!rows && view !== this.sub) {
          bad.push({ rid: 0, id: 0, text: '' });
        }
        const rids = rows ?? this.visible.slice(start, stop);
        columns.forEach((column, j) => {
          const texts = rids.map((_, i) => values[j]?.[values[j].length === 1 ? 0 : i] ?? null);
          texts.forEach((text, i) => {
            if (column === 0 && typeof text === 'string' && !/^-?\d+$/.test(text)) {
              bad.push({ rid: rids[i] ?? 0, id: column, text });
            }
          });
          const stored = texts.map(text => (column === 0 && text !== null ? Number(text) : text));
          cells.push({ column, rows: rids, values: stored });
        });
      }
    }
    let answer: Answering;
    if (bad.length) {
      const reasons = bad.map(cell => ({
        ...cell,
        row: 0,
        column: 0,
        message: `'${cell.text}' is not a whole number.`,
        hint: 'Type digits.'
      }));
      answer = { type: 'nack', seq, code: 'TYPE', message: 'Not a number.', bad: reasons, n_bad: bad.length };
    } else {
      cells.forEach(({ column, rows, values }) => rows.forEach((rid, i) => this.put(rid, column, values[i] ?? null)));
      this.rev += 1;
      const count = cells.reduce((sum, { rows }) => sum + rows.length, 0);
      answer = { type: 'ack', seq, rev: this.rev, n_cells: count, cells: count > 1000 ? [] : cells, can_undo: true };
    }
    this.answers.set(seq, answer);
    this.tell(answer);
    if (answer.type === 'ack') {
      const { rev } = this;
      const told = (answer.cells ?? []).length ? { cells } : { columns: cells.map(({ column }) => column) };
      this.tell({ type: 'patch', rev, user: ME, kind: op.kind, from_ch: this.ch, seq, ...told, can_undo: true });
    }
  }
}

/** Lets everything that is under way arrive. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) {
    await Promise.resolve();
  }
}
