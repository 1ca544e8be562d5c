import type { Column, Nack, Op, Range, Schema, Stats, Values, View } from '../../labextension/src/protocol';
import type { Cell, News, Outcome, Session, SessionState, Spotted, Touch } from '../../labextension/src/session/api';
import type { Value } from '../../labextension/src/values';
import { editText } from '../../labextension/src/values';
import { FakeCharts } from './chart_fake';
import { FakeAsker } from './command_asker';
import { FakePlanner } from './tree_planner';

export const COLUMNS: Column[] = [
  { id: 0, name: 'order', kind: 'integer', dtype: 'int64', nullable: false },
  { id: 1, name: 'customer', kind: 'text', dtype: 'str' },
  {
    id: 2,
    name: 'region',
    kind: 'category',
    dtype: 'category',
    categories: ['North', 'South', 'East', 'West', 'Northwest']
  },
  { id: 3, name: 'price', kind: 'float', dtype: 'float64' },
  { id: 4, name: 'paid', kind: 'boolean', dtype: 'boolean' },
  { id: 5, name: 'day', kind: 'date', dtype: 'date32[day][pyarrow]' },
  { id: 6, name: 'shipped', kind: 'timestamp', dtype: 'datetime64[us]', unit: 'us' },
  { id: 7, name: 'note', kind: 'text', dtype: 'str' },
  { id: 8, name: 'total', kind: 'decimal', dtype: 'decimal128(12, 2)[pyarrow]', scale: 2 },
  { id: 9, name: 'blob', kind: 'binary', dtype: 'binary[pyarrow]', editable: false, why: 'Bytes are read-only here.' }
];

const NAMES = ['Ada Lovelace', 'Bo Diddley', 'Chidi Anagonye', 'Dolores Huerta', 'Emmy Noether', 'Fela Kuti'];

function original(row: number, column: number): Value {
  const mixed = (row * 2654435761 + column * 97) >>> 0;
  switch (column) {
    case 0:
      return 10_000 + row;
    case 1:
      return NAMES[mixed % NAMES.length] ?? '';
    case 2:
      return ['North', 'South', 'East', 'West', 'Northwest'][mixed % 5] ?? '';
    case 3:
      return mixed % 11 === 0 ? null : (mixed % 100_000) / 100;
    case 4:
      return mixed % 7 === 0 ? null : mixed % 2 === 0;
    case 5:
      return `2026-0${(mixed % 9) + 1}-${String((mixed % 27) + 1).padStart(2, '0')}`;
    case 6:
      return `2026-03-${String((mixed % 27) + 1).padStart(2, '0')}T14:05:${String(mixed % 60).padStart(2, '0')}`;
    case 7:
      return mixed % 5 === 0 ? null : mixed % 3 === 0 ? 'Call back before noon;\nleave the parcel at the door' : 'fragile';
    case 8:
      return `${mixed % 90_000}.${String(mixed % 100).padStart(2, '0')}`;
    default:
      return 'AAECAwQ=';
  }
}

/** A refusal in the words of the table. */
function refuse(code: string, message: string, more: Partial<Nack> = {}): Outcome {
  return { ok: false, nack: { type: 'nack', ch: 'c', seq: 1, code, message, ...more } };
}

/** A table in memory behind the session's face: it parses, stores and refuses after `delay` milliseconds. */
export class TableSession implements Session {
  readonly asker = new FakeAsker();
  readonly charts = new FakeCharts();
  readonly planner = new FakePlanner();
  state: SessionState;
  /** Every operation that reached the table. */
  readonly ops: Op[] = [];
  readonly typed: { row: number; column: number; text: string | null }[] = [];
  delay = 0;
  loaded = true;
  private readonly stored = new Map<string, Value>();
  private readonly over = new Map<string, Cell>();
  private readonly listeners = new Set<() => void>();
  private readonly readers = new Set<(news: News) => void>();
  readonly touches = new Map<string, Touch>();
  /** Every place that the grid has said its user is at. */
  readonly spots: (Spotted | null)[] = [];
  private readonly painters = new Set<(rows?: [number, number]) => void>();

  constructor(rows: number, columns: Column[] = COLUMNS) {
    const schema: Schema = {
      columns,
      dtypes: [
        { name: 'Int64', label: 'Whole number', kind: 'integer' },
        { name: 'str', label: 'Text', kind: 'text' }
      ]
    };
    this.state = {
      connection: 'open',
      notice: '',
      name: 'orders',
      user: { id: 'u', name: 'Una' },
      role: null,
      peers: [],
      readOnly: '',
      rev: 1,
      schema,
      base: schema,
      tree: null,
      rollups: [],
      rows,
      total: rows,
      view: { sort: [], filter: [], search: '' },
      busy: false,
      stale: false,
      canUndo: true,
      canRedo: false,
      unsaved: 0,
      profiles: new Map(),
      version: 0
    };
  }

  set(change: Partial<SessionState>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach(listener => listener());
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onDamage(listener: (rows?: [number, number]) => void): () => void {
    this.painters.add(listener);
    return () => this.painters.delete(listener);
  }

  value(row: number, column: number): Value {
    const key = `${row}:${column}`;
    return this.stored.has(key) ? (this.stored.get(key) ?? null) : original(row, column);
  }

  cell(row: number, column: number): Cell | undefined {
    if (!this.loaded || row >= this.state.rows) {
      return undefined;
    }
    return this.over.get(`${row}:${column}`) ?? { value: this.value(row, column), state: 'stored' };
  }

  rid(row: number): number | undefined {
    return row < this.state.rows ? row : undefined;
  }

  row(rid: number): number | undefined {
    return this.rid(rid);
  }

  onNews(listener: (news: News) => void): () => void {
    this.readers.add(listener);
    return () => this.readers.delete(listener);
  }

  tell(news: News): void {
    this.readers.forEach(reader => reader(news));
  }

  touch(row: number, column: number): Touch | undefined {
    return this.touches.get(`${row}:${column}`);
  }

  here(spot: Spotted | null): void {
    this.spots.push(spot);
  }

  ensure(): void {}
  load(): Promise<void> {
    return Promise.resolve();
  }
  setView(view: Partial<View>): Promise<void> {
    this.set({ view: { ...this.state.view, ...view } });
    return Promise.resolve();
  }
  refreshView(): Promise<void> {
    return Promise.resolve();
  }

  private wait(): Promise<void> {
    return new Promise(resolve => setTimeout(resolve, this.delay));
  }

  parse(column: number, text: string | null): { value: Value } | { reason: string; offer?: Op } {
    const { kind, name, dtype, nullable, categories } = this.column(column) ?? COLUMNS[0]!;
    if (text === null) {
      return nullable === false
        ? { reason: `${name} cannot hold a missing value (${dtype}).`, offer: { kind: 'retype_column', column, dtype: 'Int64' } }
        : { value: null };
    }
    if (kind === 'integer' || kind === 'float') {
      const number = Number(text);
      return Number.isNaN(number) || text.trim() === ''
        ? { reason: `'${text}' is not a number for ${name} (${dtype}).` }
        : { value: number };
    }
    if (kind === 'boolean') {
      return /^(true|false)$/i.test(text)
        ? { value: text.toLowerCase() === 'true' }
        : { reason: `'${text}' is not true or false.` };
    }
    if (kind === 'category' && !categories?.includes(text)) {
      return { reason: `'${text}' is not a category of ${name}.` };
    }
    return { value: text };
  }

  async type(row: number, column: number, text: string | null): Promise<Outcome> {
    this.typed.push({ row, column, text });
    const key = `${row}:${column}`;
    this.over.set(key, { value: this.value(row, column), state: 'pending', text: text ?? '' });
    this.paint([row, row + 1]);
    await this.wait();
    const parsed = this.parse(column, text);
    if ('reason' in parsed) {
      this.over.set(key, {
        value: this.value(row, column),
        state: 'rejected',
        text: text ?? '',
        reason: parsed.reason,
        hint: 'Try a number.'
      });
      this.paint([row, row + 1]);
      return refuse('TYPE', parsed.reason, { hint: 'Try a number.', ...(parsed.offer ? { offer: parsed.offer } : {}) });
    }
    this.over.delete(key);
    this.stored.set(key, parsed.value);
    this.paint([row, row + 1]);
    return this.done(1);
  }

  private paint(rows?: [number, number]): void {
    this.painters.forEach(painter => painter(rows));
  }

  private done(cells: number): Outcome {
    this.set({ rev: this.state.rev + 1 });
    return { ok: true, rev: this.state.rev, cells, rows: 0, skipped: 0, message: '' };
  }

  discard(row: number, column: number): void {
    this.over.delete(`${row}:${column}`);
    this.paint([row, row + 1]);
  }

  async apply(op: Op): Promise<Outcome> {
    this.ops.push(op);
    await this.wait();
    if (op.kind === 'set_cells') {
      return this.setCells(op);
    }
    if (op.kind === 'insert_rows') {
      this.set({ rows: this.state.rows + (op.count ?? 1), total: this.state.total + (op.count ?? 1) });
    } else if (op.kind === 'fill') {
      for (const column of op.columns) {
        for (let row = op.target_start; row < op.target_stop; row++) {
          this.stored.set(`${row}:${column}`, this.value(op.start + ((row - op.target_start) % (op.stop - op.start)), column));
        }
      }
    } else if (op.kind === 'retype_column') {
      const columns = this.state.schema.columns.map(each =>
        each.id === op.column ? { ...each, dtype: op.dtype, nullable: true } : each
      );
      this.set({ schema: { ...this.state.schema, columns } });
    }
    this.paint();
    return this.done(1);
  }

  private setCells(op: Op & { kind: 'set_cells' }): Outcome {
    const writes: [string, Value][] = [];
    const bad: Nack['bad'] = [];
    let offer: Op | undefined;
    for (const { columns, values, rows, start = 0, stop = 0 } of op.blocks) {
      const targets = rows ?? Array.from({ length: stop - start }, (_, i) => start + i);
      columns.forEach((column, j) =>
        targets.forEach((row, i) => {
          const list = values[j] ?? [];
          const text = (list.length === 1 ? list[0] : list[i]) ?? null;
          const parsed = this.parse(column, text === null ? null : String(text));
          if ('reason' in parsed) {
            bad.push({ row: i, column: j, rid: row, id: column, text: String(text ?? ''), message: parsed.reason });
            offer ??= parsed.offer;
          } else {
            writes.push([`${row}:${column}`, parsed.value]);
          }
        })
      );
    }
    if (bad.length) {
      const first = bad[0]!;
      return refuse('TYPE', first.message, { bad: bad.slice(0, 100), n_bad: bad.length, ...(offer ? { offer } : {}) });
    }
    writes.forEach(([key, value]) => this.stored.set(key, value));
    this.paint();
    return this.done(writes.length);
  }

  undo(): Promise<Outcome> {
    this.ops.push({ kind: 'undo' });
    return Promise.resolve(this.done(1));
  }
  redo(): Promise<Outcome> {
    this.ops.push({ kind: 'redo' });
    return Promise.resolve(this.done(1));
  }

  profile(columns: number[]): void {
    const profiles = new Map(this.state.profiles);
    for (const column of columns) {
      const numbers = [0, 3, 8].includes(column);
      profiles.set(column, {
        column,
        rows: this.state.rows,
        missing: column === 3 ? this.state.rows / 11 : 0,
        ...(numbers ? { edges: [0, 1, 2, 3, 4, 5, 6, 7, 8], counts: [2, 5, 9, 12, 8, 6, 3, 1] } : {}),
        ...(column === 2
          ? {
              distinct: 5,
              top: [
                { value: 'North', count: this.state.rows * 0.4 },
                { value: 'South', count: this.state.rows * 0.3 }
              ]
            }
          : {})
      });
    }
    this.set({ profiles });
  }

  values(): Promise<Values> {
    return Promise.resolve({ type: 'values', ch: 'c', re: 1, values: [{ value: 'North', count: 2 }] });
  }
  find(): ReturnType<Session['find']> {
    return Promise.resolve({ matches: [{ row: 2, rid: 2, column: 1 }], total: 1 });
  }
  stats(): Promise<Stats> {
    return Promise.resolve({ cells: 1, present: 1, numbers: 1, sum: '1', mean: 1, lo: '1', hi: '1' });
  }
  async copy({ start, stop, columns }: Range, headers: boolean): Promise<string> {
    await this.wait();
    const lines: string[] = headers ? [columns.map(id => this.column(id)?.name).join('\t')] : [];
    for (let row = start; row < stop; row++) {
      lines.push(columns.map(id => editText(this.column(id)!, this.value(row, id))).join('\t'));
    }
    return lines.join('\n');
  }
  code(): Promise<string> {
    return Promise.resolve('df.loc[1, "price"] = 2.0\n');
  }
  history(): ReturnType<Session['history']> {
    return Promise.resolve([]);
  }
  column(id: number): Column | undefined {
    return this.state.schema.columns.find(each => each.id === id);
  }
  dispose(): void {}
}
