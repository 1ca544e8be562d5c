import type { Tree } from '../protocol';
import type { Remedy } from './api';

/** What one grid shows of its table, whether it may be edited there, and what can be done when it is gone. */
export interface Scope {
  /** Ids of the columns to show; all when absent. */
  columns?: number[] | null;
  readOnly?: boolean;
  /** The tree that is drawn at first, in place of the rows. */
  tree?: Tree | null;
  remedy?: () => Remedy | null;
  /** Nothing is looked at: no cells are fetched, and others do not see this client anywhere. */
  blind?: boolean;
}

export const LOOK_ONLY = 'This grid was opened for looking only.';
export const EDIT_HINT = 'Show the table again without --read-only to edit it.';
