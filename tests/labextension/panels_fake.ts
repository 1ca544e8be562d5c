import type { Column, DtypeChoice, Filter, Nack, Profile, Scalar, ValueCount } from '../../labextension/src/protocol';
import type { Cell, Outcome, Session, SessionState } from '../../labextension/src/session/api';
import { FakeCharts } from './chart_fake';
import { FakeAsker } from './command_asker';
import { TreeActs } from '../../labextension/src/tree/acts';
import { FakePlanner } from './tree_planner';
import type { Controller, GridState } from '../../labextension/src/grid/controller';

export function column(id: number, name: string, kind: Column['kind'], dtype: string, more: Partial<Column> = {}): Column {
  return { id, name, kind, dtype, ...more };
}

export const DTYPES: DtypeChoice[] = [
  { name: 'int64', label: 'Whole number', kind: 'integer' },
  { name: 'Int64', label: 'Whole number, may be missing', kind: 'integer' },
  { name: 'int32', label: 'Whole number, 32 bit', kind: 'integer' },
  { name: 'float64', label: 'Number', kind: 'float' },
  { name: 'decimal128(18, 2)[pyarrow]', label: 'Decimal, 2 places', kind: 'decimal' },
  { name: 'boolean', label: 'True or false', kind: 'boolean' },
  { name: 'str', label: 'Text', kind: 'text' },
  { name: 'category', label: 'Category', kind: 'category' },
  { name: 'date32[pyarrow]', label: 'Date', kind: 'date' },
  { name: 'datetime64[us]', label: 'Date and time', kind: 'timestamp' },
  { name: 'timedelta64[us]', label: 'Duration', kind: 'duration' }
];

export function nack(message: string, more: Partial<Nack> = {}): Outcome {
  return { ok: false, nack: { type: 'nack', ch: '', seq: 1, code: 'TYPE', message, ...more } };
}

export const DONE: Outcome = { ok: true, rev: 2, cells: 1, rows: 1, skipped: 0, message: '' };

/** A call that a panel made, by name and with its arguments. */
export type Call = [name: string, ...args: unknown[]];

export interface Fake {
  controller: Controller;
  calls: Call[];
  /** What the next operations answer, first come first served; then all go well. */
  outcomes: Outcome[];
  /** What the next view changes are refused with. */
  refusals: Error[];
  session(change: Partial<SessionState>): void;
  grid(change: Partial<GridState>): void;
  values: Map<number, { values: ValueCount[]; missing: number }>;
  cells: Map<string, Cell>;
}

/** A grid without cells: a controller and a session in memory that note what is asked of them. */
export function fakeGrid(columns: Column[], profiles: Profile[] = []): Fake {
  const calls: Call[] = [];
  const outcomes: Outcome[] = [];
  const refusals: Error[] = [];
  const values: Fake['values'] = new Map();
  const cells: Fake['cells'] = new Map();
  const heard = { session: new Set<() => void>(), grid: new Set<() => void>() };

  let state: SessionState = {
    connection: 'open',
    notice: '',
    name: 'sales',
    user: null,
    role: null,
    peers: [],
    readOnly: '',
    rev: 1,
    schema: { columns, dtypes: DTYPES },
    base: { columns, dtypes: DTYPES },
    tree: null,
    rollups: [],
    rows: 1000,
    total: 1000,
    view: {},
    busy: false,
    stale: false,
    canUndo: true,
    canRedo: false,
    unsaved: 0,
    profiles: new Map(profiles.map(profile => [profile.column, profile])),
    version: 1
  };
  let grid: GridState = {
    layout: { columns: columns.map(({ id }) => id), hidden: [], pinned: 0, widths: new Map() },
    selection: { cursor: { row: 0, column: columns[0]?.id ?? 0 }, ranges: [] },
    panel: { kind: 'none' },
    notice: null,
    matches: [],
    fitted: true,
    commanding: 0,
    chart: null,
    overlay: null
  };
  const setSession = (change: Partial<SessionState>) => {
    state = { ...state, ...change };
    heard.session.forEach(listener => listener());
  };
  const setGrid = (change: Partial<GridState>) => {
    grid = { ...grid, ...change };
    heard.grid.forEach(listener => listener());
  };
  const listen = (listeners: Set<() => void>) => (listener: () => void) => {
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  };
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
    };
  const operate =
    (name: string) =>
    (...args: unknown[]): Promise<Outcome> => {
      calls.push([name, ...args]);
      return Promise.resolve(outcomes.shift() ?? DONE);
    };
  const refuseOr = async (done: () => void) => {
    const refused = refusals.shift();
    if (refused) {
      throw refused;
    }
    done();
  };
  const others = (keep: (filter: Filter) => boolean) => (state.view.filter ?? []).filter(keep);

  const session: Session = {
    asker: new FakeAsker(),
    charts: new FakeCharts(),
    planner: new FakePlanner(),
    get state() {
      return state;
    },
    subscribe: listen(heard.session),
    onDamage: () => () => undefined,
    cell: (row, id) => cells.get(`${row}:${id}`),
    onNews: () => () => undefined,
    rid: row => row + 100,
    row: rid => (rid >= 100 ? rid - 100 : undefined),
    touch: () => undefined,
    here: note('here'),
    ensure: () => undefined,
    load: () => Promise.resolve(),
    setView: async view => note('setView')(view),
    refreshView: async () => note('refreshView')(),
    type: operate('type'),
    discard: note('discard'),
    apply: operate('apply'),
    undo: operate('session.undo'),
    redo: operate('session.redo'),
    profile: note('profile'),
    values: async (id, search, limit) => {
      calls.push(['values', id, search, limit]);
      const known = values.get(id) ?? { values: [], missing: 0 };
      const shows = ({ value }: { value: Scalar }) => String(value).toLowerCase().includes(search.toLowerCase());
      return { type: 'values', ch: '', re: 1, values: known.values.filter(shows).slice(0, limit), missing: known.missing };
    },
    find: async query => {
      calls.push(['find', query]);
      return {
        matches: [
          { row: 3, rid: 103, column: columns[0]?.id ?? 0 },
          { row: 8, rid: 108, column: columns[0]?.id ?? 0 }
        ],
        total: 2
      };
    },
    stats: async ranges => {
      calls.push(['stats', ranges]);
      return { cells: 6, present: 5, numbers: 5, sum: '12345678901234567.25', mean: 2469.13, lo: '-3', hi: '9007199254740993' };
    },
    copy: async () => '',
    code: async language => (language === 'pandas' ? 'df.loc[3, "price"] = 12.5  # typed\n' : 'UPDATE sales SET price = 12.5;\n'),
    history: async of => {
      calls.push(['history', of]);
      const user = { id: 'ann', name: 'Ann Lee', color: '#8e24aa' };
      return [{ rev: 7, time: Date.now() / 1000 - 300, user, kind: 'set_cells', summary: 'price: 12.50 → 13.00' }];
    },
    column: id => state.schema.columns.find(other => other.id === id),
    dispose: () => undefined
  };

  const tree = new TreeActs({
    session,
    get state() {
      return grid;
    },
    open: panel => setGrid({ panel }),
    close: () => setGrid({ panel: { kind: 'none' } }),
    notify: notice => setGrid({ notice }),
    undo: async () => undefined,
    say: () => undefined,
    goTo: note('goTo')
  });
  const controller: Controller = {
    session,
    get state() {
      return grid;
    },
    subscribe: listen(heard.grid),
    open: panel => setGrid({ panel }),
    close: () => setGrid({ panel: { kind: 'none' } }),
    notify: notice => setGrid({ notice }),
    chart: chart => setGrid({ chart }),
    tree,
    command: open => setGrid({ commanding: open ? grid.commanding + 1 : 0 }),
    highlight: matches => setGrid({ matches }),
    select: selection => setGrid({ selection }),
    goTo: note('goTo'),
    sort: async (...args) => note('sort')(...args),
    filter: (id, filters) => {
      calls.push(['filter', id, filters]);
      const rest = others(filter => filter.is === 'expression' || filter.column !== id);
      return refuseOr(() => setSession({ view: { ...state.view, filter: [...rest, ...filters] } }));
    },
    where: sql => {
      calls.push(['where', sql]);
      const rest = others(filter => filter.is !== 'expression');
      return refuseOr(() => setSession({ view: { ...state.view, filter: sql ? [...rest, { is: 'expression', sql }] : rest } }));
    },
    search: async text => {
      calls.push(['search', text]);
      setSession({ view: { ...state.view, search: text } });
    },
    clearView: async () => {
      calls.push(['clearView']);
      setSession({ view: {} });
    },
    hide: ids => setGrid({ layout: { ...grid.layout, hidden: [...grid.layout.hidden, ...ids] } }),
    unhide: ids => setGrid({ layout: { ...grid.layout, hidden: grid.layout.hidden.filter(id => !ids.includes(id)) } }),
    pin: note('pin'),
    resize: note('resize'),
    autosize: note('autosize'),
    rename: operate('rename'),
    bound: operate('bound'),
    retype: operate('retype'),
    move: operate('move'),
    insertColumn: operate('insertColumn'),
    dropColumns: operate('dropColumns'),
    insertRows: operate('insertRows'),
    duplicateRows: operate('duplicateRows'),
    deleteRows: operate('deleteRows'),
    clear: operate('clear'),
    cut: async () => note('cut')(),
    copy: async (...args) => note('copy')(...args),
    paste: async () => note('paste')(),
    fill: operate('fill'),
    replace: operate('replace'),
    undo: async () => note('undo')(),
    redo: async () => note('redo')()
  };
  return { controller, calls, outcomes, refusals, session: setSession, grid: setGrid, values, cells };
}
