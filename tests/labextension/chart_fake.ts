import type { Charts, ChartStep, Drawn } from '../../labextension/src/session/api';

/** Charts in memory: what was asked is noted, and answered when the test says so, or at once. */
export class FakeCharts implements Charts {
  readonly asked: Parameters<Charts['draw']>[0][] = [];
  /** What keeps answers back, if anything. */
  held: Promise<unknown> | null = null;
  failure: Error | null = null;
  rev = 1;

  async draw(question: Parameters<Charts['draw']>[0]): Promise<Drawn> {
    this.asked.push(question);
    await this.held;
    if (this.failure) {
      throw this.failure;
    }
    return drawn(question.step, this.rev);
  }
}

export function drawn(step: ChartStep, rev = 1): Drawn {
  const kind = step.kind ?? 'bar';
  const data = [{ type: 'bar', x: ['a', 'b'], y: [1, 2] }];
  return {
    rev,
    step: { ...step, kind },
    figure: { data, layout: { title: { text: 'A chart' }, xaxis: {} } },
    marks: 2,
    code: 'import x'
  };
}
