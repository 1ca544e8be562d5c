/** Charts of a table: asked for as steps, answered as figures. Their numbers are drawn and not written, so JSON's are enough. */
import type { Charts, ChartStep, Drawn, Figure } from './api';
import type { Refusal } from './refusal';
import type { Requests } from './requests';

export class TableCharts implements Charts {
  constructor(
    private readonly ch: string,
    private readonly requests: Requests,
    /** Why nothing can be asked, if so. */
    private readonly barrier: () => Refusal | null
  ) {}

  async draw({ step, ...part }: Parameters<Charts['draw']>[0]): Promise<Drawn> {
    const { ch } = this;
    const barrier = this.barrier();
    if (barrier) {
      throw barrier;
    }
    const chart = JSON.stringify(step);
    const { message } = await this.requests.ask('charted', id => ({ type: 'ask_chart', ch, id, chart, ...part })).reply;
    return {
      rev: message.rev,
      step: JSON.parse(message.chart) as ChartStep,
      figure: JSON.parse(message.figure) as Figure,
      marks: message.marks ?? 0,
      code: message.code ?? ''
    };
  }
}
