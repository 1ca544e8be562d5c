/** Messages to and from what a carrier moves; the layout of a binary frame is told in tabweave_core.protocol.wire. */
import type { Answer, Nack, Error as Fault, Request } from '../protocol';
import type { Frame } from './transport';

const LENGTH = 4;
const text = new TextDecoder();

/** Reads a text frame, or a binary one with its Arrow stream. */
export function decodeFrame(data: string | ArrayBuffer): Frame {
  if (typeof data === 'string') {
    return { message: JSON.parse(data) as Answer };
  }
  const size = data.byteLength < LENGTH ? Infinity : new DataView(data).getUint32(0, true);
  if (LENGTH + size > data.byteLength) {
    throw new Error(`A binary frame of ${data.byteLength} bytes says that its header has ${size}.`);
  }
  const message = JSON.parse(text.decode(new Uint8Array(data, LENGTH, size))) as Answer;
  return { message, arrow: new Uint8Array(data, LENGTH + size) };
}

/** The refusal of a message that is too large for its carrier; nothing was sent. */
export function tooLarge(message: Request, most: number): Nack | Fault {
  const refusal = {
    ch: message.ch,
    code: 'TOO_LARGE',
    message: `This is more than can be sent at once (${Math.round(most / 1_000_000)} MB).`,
    hint: 'Do it in parts.'
  };
  if (message.type === 'op') {
    return { type: 'nack', seq: message.seq, ...refusal };
  }
  return { type: 'error', re: 'id' in message ? message.id : null, ...refusal };
}

/** What goes in the place of an operation that is too large, so that its number is used up and the next one is no gap. */
export function hollow(message: Request): Request | null {
  return message.type === 'op' ? { ...message, op: { kind: 'set_cells', blocks: [] } } : null;
}
