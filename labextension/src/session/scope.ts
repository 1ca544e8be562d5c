import type { Remedy } from './api';

/** What one grid shows of its table, whether it may be edited there, and what can be done when it is gone. */
export interface Scope {
  /** Ids of the columns to show; all when absent. */
  columns?: number[] | null;
  readOnly?: boolean;
  remedy?: () => Remedy | null;
}

export const LOOK_ONLY = 'This grid was opened for looking only.';
export const EDIT_HINT = 'Show the table again without --read-only to edit it.';

/** A channel's name: 128 random bits in hexadecimal. */
export function drawChannel(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');
}
