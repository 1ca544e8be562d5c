/** Writing totals of a tree, and the rollups that are kept with a table. */
import type { RollupDef, Spread, SpreadPreview } from '../protocol';
import type { Outcome, Planner, RowFacts } from './api';
import type { Asked } from './edits';
import { Refusal } from './refusal';
import type { Replica } from './replica';
import type { Requests } from './requests';

export class TablePlanner implements Planner {
  constructor(
    private readonly ch: string,
    private readonly requests: Requests,
    private readonly replica: Replica,
    /** Why nothing can be asked, if so. */
    private readonly barrier: () => Refusal | null,
    private readonly submit: (asked: Omit<Asked, 'base' | 'view'>) => Promise<Outcome>
  ) {}

  facts(row: number): RowFacts | undefined {
    return this.replica.facts(row);
  }

  spread(op: Spread, over: { rid: number; column: number; text: string } | null): Promise<Outcome> {
    return this.submit({ op, cells: over ? [over] : [], keep: true, condition: null });
  }

  async preview(op: Spread): Promise<SpreadPreview> {
    const { ch } = this;
    this.guard();
    const asked = this.requests.ask('spread_preview', id => ({ type: 'ask_spread', ch, id, op }));
    return (await asked.reply).message.preview;
  }

  async keep(rollup: RollupDef): Promise<void> {
    const { ch } = this;
    this.guard();
    await this.requests.ask('rollups', id => ({ type: 'define_rollup', ch, id, rollup })).reply;
  }

  async drop(name: string): Promise<void> {
    const { ch } = this;
    this.guard();
    await this.requests.ask('rollups', id => ({ type: 'drop_rollup', ch, id, name })).reply;
  }

  private guard(): void {
    const barrier = this.barrier();
    if (barrier) {
      throw barrier;
    }
  }
}
