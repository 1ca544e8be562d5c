/** What can be asked about a table, each answered once. */
import type { Change, Range, Stats, Values } from '../protocol';
import type { Session } from './api';
import type { Reply, Requests } from './requests';

type Build = Parameters<Requests['ask']>[1];
type Kind = Parameters<Requests['ask']>[0];

export abstract class Questions {
  constructor(protected readonly ch: string) {}

  /** Asks, or rejects with a `Refusal` when nobody can answer. */
  protected abstract ask<T extends Kind>(type: T, build: Build): Promise<Reply<T>>;

  async values(column: number, search: string, limit: number): Promise<Values> {
    const { ch } = this;
    return (await this.ask('values', id => ({ type: 'ask_values', ch, id, column, search, limit }))).message;
  }

  async find(query: Parameters<Session['find']>[0]): ReturnType<Session['find']> {
    const { ch } = this;
    return (await this.ask('found', id => ({ type: 'find', ch, id, ...query }))).message;
  }

  async stats(ranges: Range[]): Promise<Stats> {
    const { ch } = this;
    return (await this.ask('stats', id => ({ type: 'ask_stats', ch, id, ranges }))).message.stats;
  }

  async copy(range: Range, headers: boolean): Promise<string> {
    const { ch } = this;
    return (await this.ask('copied', id => ({ type: 'copy', ch, id, range, headers }))).message.tsv;
  }

  async code(language: 'pandas' | 'sql'): Promise<string> {
    const { ch } = this;
    return (await this.ask('code', id => ({ type: 'ask_code', ch, id, language }))).message.text;
  }

  async history(of?: { rid: number; column: number }): Promise<Change[]> {
    const { ch } = this;
    return (await this.ask('history', id => ({ type: 'ask_history', ch, id, ...of }))).message.changes;
  }
}
