import type { RollupDef, Spread, SpreadPreview } from '../../labextension/src/protocol';
import type { Outcome, Planner, RowFacts } from '../../labextension/src/session/api';
import { Refusal } from '../../labextension/src/session/refusal';

/** Nodes in memory, and a note of everything that was written to them. */
export class FakePlanner implements Planner {
  readonly rows: RowFacts[] = [];
  readonly spreads: Spread[] = [];
  readonly kept: RollupDef[] = [];
  readonly dropped: string[] = [];
  /** What the next writes answer, first come first served; then all go well. */
  readonly outcomes: Outcome[] = [];
  /** What a dry run answers. */
  found: Partial<SpreadPreview> = {};
  refusal: Refusal | null = null;

  facts(row: number): RowFacts | undefined {
    return this.rows[row];
  }

  spread(op: Spread): Promise<Outcome> {
    this.spreads.push(op);
    return Promise.resolve(this.outcomes.shift() ?? { ok: true, rev: 2, cells: 3, rows: 3, skipped: 0, message: 'spread' });
  }

  preview(): Promise<SpreadPreview> {
    if (this.refusal) {
      return Promise.reject(this.refusal);
    }
    return Promise.resolve({ rev: 1, totals: [], rows: 3, changed: 3, token: '1-a', message: 'spread', ...this.found });
  }

  async keep(rollup: RollupDef): Promise<void> {
    this.kept.push(rollup);
  }

  async drop(name: string): Promise<void> {
    this.dropped.push(name);
  }
}
