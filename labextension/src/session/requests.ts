/** Questions and their answers, matched by id. A question outlives a broken connection and is asked again. */
import type { Answer, Request } from '../protocol';
import { Refusal } from './refusal';

type Asked = Extract<Request, { id: number }>;
type Answered = Extract<Answer, { re: number }> | (Extract<Answer, { type: 'rollups' }> & { re: number });

/** The answer of one type, and its Arrow stream. */
export interface Reply<T extends Answered['type']> {
  message: Extract<Answered, { type: T }>;
  arrow?: Uint8Array;
}

interface Open {
  message: Asked;
  type: string;
  resolve: (reply: { message: Answered; arrow?: Uint8Array }) => void;
  reject: (reason: Refusal) => void;
  timer: ReturnType<typeof setTimeout>;
  wait: () => ReturnType<typeof setTimeout>;
  hear: (message: Answered) => void;
}

const PATIENCE = 60_000;

export class Requests {
  private readonly open = new Map<number, Open>();
  private id = 0;

  constructor(private readonly send: (message: Request) => void) {}

  /** A number for a message that is not asked here. */
  next(): number {
    return ++this.id;
  }

  /**
   * Asks; rejects with a `Refusal` when refused, cancelled or unanswered for `patience` milliseconds. `hear` is told what comes
   * before the answer.
   */
  ask<T extends Answered['type']>(
    type: T,
    build: (id: number) => Asked,
    patience = PATIENCE,
    hear: (message: Answered) => void = () => undefined
  ): Asking<T> {
    const message = build(this.next());
    const asking = this.expect<T>(type, message, patience, hear);
    this.send(message);
    return asking;
  }

  /** Waits for the answer to what another message has asked already. */
  expect<T extends Answered['type']>(
    type: T,
    message: Asked,
    patience = PATIENCE,
    hear: (message: Answered) => void = () => undefined
  ): Asking<T> {
    const { id } = message;
    const reply = new Promise<Reply<T>>((resolve, reject) => {
      const wait = () =>
        setTimeout(() => {
          this.open.delete(id);
          this.send({ type: 'cancel', ch: message.ch, re: id });
          const seconds = Math.round(patience / 1000);
          reject(new Refusal('CANCELLED', `There was no answer for ${seconds} seconds.`, 'Others may keep it busy. Try again.'));
        }, patience);
      this.open.set(id, { message, type, resolve: resolve as Open['resolve'], reject, timer: wait(), wait, hear });
    });
    return { id, reply };
  }

  /** Says something that is not answered. */
  tell(message: Request): void {
    this.send(message);
  }

  /** Hands an answer to whoever asked; false when nobody (any longer) waits for it. */
  answer(message: Answered, arrow?: Uint8Array): boolean {
    const asked = this.open.get(message.re);
    if (asked?.type !== message.type) {
      return false;
    }
    this.close(message.re);
    asked.resolve({ message, arrow });
    return true;
  }

  /** Something was said about a question that is still being answered. */
  progress(message: Answered): void {
    const asked = this.open.get(message.re);
    if (asked) {
      clearTimeout(asked.timer);
      asked.timer = asked.wait();
      asked.hear(message);
    }
  }

  /** Refuses a question; false when nobody waits for it. */
  refuse(id: number, reason: Refusal): boolean {
    const asked = this.open.get(id);
    this.close(id);
    asked?.reject(reason);
    return asked !== undefined;
  }

  /** Gives up on an answer, and tells the table. */
  cancel(id: number): void {
    const asked = this.open.get(id);
    if (asked) {
      this.send({ type: 'cancel', ch: asked.message.ch, re: id });
      this.refuse(id, new Refusal('CANCELLED', 'The question was withdrawn.'));
    }
  }

  /** Asks everything again that has no answer, after a new connection. */
  resume(): void {
    for (const { message } of this.open.values()) {
      this.send(message);
    }
  }

  /** Refuses all questions. */
  fail(reason: Refusal): void {
    for (const id of [...this.open.keys()]) {
      this.refuse(id, reason);
    }
  }

  private close(id: number): void {
    clearTimeout(this.open.get(id)?.timer);
    this.open.delete(id);
  }
}

/** A question under way. */
export interface Asking<T extends Answered['type']> {
  id: number;
  reply: Promise<Reply<T>>;
}
