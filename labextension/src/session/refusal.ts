import type { Nack } from '../protocol';

/** A question that was refused or could not be asked; `hint` says what to do next. */
export class Refusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint = '',
    /** The path of what was wrong in what was sent. */
    readonly where = ''
  ) {
    super(message);
    this.name = 'Refusal';
  }
}

/** The refusal of an operation that never reached the table. */
export function refuse(ch: string, seq: number, code: string, message: string, hint = ''): Nack {
  return { type: 'nack', ch, seq, code, message, hint };
}
