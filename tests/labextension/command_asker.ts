import type { Proposal } from '../../labextension/src/protocol';
import type { AskedCommand, Asker } from '../../labextension/src/session/api';

type Given = Parameters<Asker['ask']>[0];

/** A table that answers commands as it was told to, and notes what was asked of it. */
export class FakeAsker implements Asker {
  readonly given: Given[] = [];
  readonly dropped: string[] = [];
  readonly looked: number[][] = [];
  suggestions: string[] = [];
  answer: (given: Given) => Proposal | Error = () => ({ outcome: 'unclear', rev: 1, reason: 'Not understood.' });
  /** Rows that a proposal removes, and cells that it changes, as `rid:column`. */
  removed = new Set<number>();
  cells = new Map<string, string | number | null>();

  ask(given: Given): AskedCommand {
    this.given.push(given);
    const told = this.answer(given);
    const reply = told instanceof Error ? Promise.reject(told) : Promise.resolve({ proposal: told });
    return { reply, cancel: () => undefined };
  }

  async changes(token: string, rows: number[]): ReturnType<Asker['changes']> {
    this.looked.push(rows);
    const found = [...this.cells].map(([key, after]) => ({ key: key.split(':').map(Number), after }));
    const columns = found
      .filter(({ key }) => rows.includes(key[0] ?? -1))
      .map(({ key: [rid = 0, column = 0], after }) => ({ column, rows: [rid], before: [null], after: [after] }));
    return { type: 'changes', ch: '', re: 1, rev: 1, token, columns, removed: rows.filter(rid => this.removed.has(rid)) };
  }

  async suggest(text: string): Promise<string[]> {
    return this.suggestions.filter(each => each.includes(text));
  }

  async code(plan: string): Promise<string> {
    return `df = table.copy()  # ${plan.length}\n`;
  }

  discard(token: string): void {
    this.dropped.push(token);
  }
}
