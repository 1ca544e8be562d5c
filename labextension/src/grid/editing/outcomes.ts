import type { Nack, Op, Schema } from '../../protocol';
import type { Refused } from './editor';

/** The words of anything thrown; the protocol's errors carry a hint. */
export function message(error: unknown): { text: string; hint: string } {
  if (error instanceof Error) {
    return { text: error.message, hint: 'hint' in error && typeof error.hint === 'string' ? error.hint : '' };
  }
  return { text: String(error), hint: '' };
}

/** What a button says that does what a refusal offers. */
export function offerLabel(offer: Op, schema: Schema): string {
  if (offer.kind === 'spread') {
    return `Write ${offer.targets[0]?.value ?? 'that'}`;
  }
  if (offer.kind !== 'retype_column') {
    return 'Do this first';
  }
  const type = schema.dtypes.find(choice => choice.name === offer.dtype)?.label ?? offer.dtype;
  const column = schema.columns.find(each => each.id === offer.column);
  const missing = column?.nullable === false && !/^(object|str)/.test(offer.dtype);
  return missing ? `Allow missing (${offer.dtype})` : `Change the type to ${type}`;
}

/** A refusal of one cell, as its editor shows it. */
export function refusedCell(nack: Nack, schema: Schema): Refused {
  const bad = nack.bad?.[0];
  return {
    reason: bad?.message ?? nack.message,
    hint: bad?.hint ?? nack.hint ?? '',
    offer: nack.offer ? { label: offerLabel(nack.offer, schema), op: nack.offer } : null
  };
}

/** A refusal of many cells in one line: how many, and why the first. */
export function refusalText(nack: Nack): { text: string; hint: string } {
  const first = nack.bad?.[0];
  const count = nack.n_bad ?? nack.bad?.length ?? 0;
  if (!first || count < 2) {
    return { text: first?.message ?? nack.message, hint: first?.hint ?? nack.hint ?? '' };
  }
  return {
    text: `${count.toLocaleString('en-US')} cells refused, nothing written: ${first.message}`,
    hint: first.hint ?? nack.hint ?? ''
  };
}
