/** Commands in plain words: what they would do, cell by cell, and which are understood. */
import type { Asker } from './api';
import type { Refusal } from './refusal';
import type { Requests } from './requests';

/** A model may think for a while; what it says meanwhile begins the waiting anew. */
const PATIENCE = 120_000;

export class TableAsker implements Asker {
  constructor(
    private readonly ch: string,
    private readonly requests: Requests,
    /** Why nothing can be asked, if so. */
    private readonly barrier: () => Refusal | null
  ) {}

  ask(given: Parameters<Asker['ask']>[0], hear: (message: string) => void = () => undefined): ReturnType<Asker['ask']> {
    const { ch, requests } = this;
    const barrier = this.barrier();
    if (barrier) {
      return { reply: Promise.reject(barrier), cancel: () => undefined };
    }
    const asked = requests.ask(
      'proposal',
      id => ({ type: 'ask', ch, id, ...given }),
      PATIENCE,
      told => told.type === 'asking' && hear(told.message)
    );
    const reply = asked.reply.then(({ message, arrow }) => ({ proposal: message.proposal, ...(arrow ? { arrow } : {}) }));
    return { reply, cancel: () => requests.cancel(asked.id) };
  }

  async changes(token: string, rows: number[]): ReturnType<Asker['changes']> {
    const { ch } = this;
    this.guard();
    return (await this.requests.ask('changes', id => ({ type: 'ask_changes', ch, id, token, rows })).reply).message;
  }

  async suggest(text: string, limit: number): Promise<string[]> {
    const { ch } = this;
    this.guard();
    const { reply } = this.requests.ask('suggestions', id => ({ type: 'ask_suggestions', ch, id, text, limit }));
    return (await reply).message.commands ?? [];
  }

  async code(plan: string): Promise<string> {
    const { ch } = this;
    this.guard();
    const { reply } = this.requests.ask('code', id => ({ type: 'ask_code', ch, id, language: 'pandas', plan }));
    return (await reply).message.text;
  }

  discard(token: string): void {
    if (!this.barrier()) {
      this.requests.tell({ type: 'discard', ch: this.ch, token });
    }
  }

  private guard(): void {
    const barrier = this.barrier();
    if (barrier) {
      throw barrier;
    }
  }
}
