/** The session's state, and who wants to know when it changes. */
import type { News, SessionState } from './api';

const START: SessionState = {
  connection: 'connecting',
  notice: '',
  name: '',
  user: null,
  role: null,
  peers: [],
  readOnly: '',
  rev: 0,
  schema: { columns: [], dtypes: [] },
  base: { columns: [], dtypes: [] },
  tree: null,
  rollups: [],
  rows: 0,
  total: 0,
  view: { sort: [], filter: [], search: '' },
  busy: false,
  stale: false,
  canUndo: false,
  canRedo: false,
  unsaved: 0,
  profiles: new Map(),
  version: 0
};

export class Store {
  state = START;
  private readonly readers = new Set<(news: News) => void>();
  private readonly listeners = new Set<() => void>();
  private readonly painters = new Set<(rows?: [start: number, stop: number]) => void>();

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onDamage(painter: (rows?: [start: number, stop: number]) => void): () => void {
    this.painters.add(painter);
    return () => this.painters.delete(painter);
  }

  onNews(reader: (news: News) => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  update(change: Partial<SessionState>): void {
    const keys = Object.keys(change) as Array<keyof SessionState>;
    if (keys.some(key => change[key] !== this.state[key])) {
      this.state = { ...this.state, ...change };
      this.listeners.forEach(listener => listener());
    }
  }

  /** Says that these view rows (all when absent) may look different. */
  paint(rows?: [start: number, stop: number]): void {
    this.update({ version: this.state.version + 1 });
    this.painters.forEach(painter => painter(rows));
  }

  tell(news: News): void {
    this.readers.forEach(reader => reader(news));
  }

  close(): void {
    this.readers.clear();
    this.listeners.clear();
    this.painters.clear();
  }
}
