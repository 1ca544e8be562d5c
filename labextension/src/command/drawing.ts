/** Which answers are charts of the table itself, to be drawn live beside it. */
import type { Proposal } from '../protocol';
import type { ChartStep } from '../session/api';

/** The chart that an answer consists of, if it is nothing else; charts of other tables come as pictures. */
export function liveChart({ outcome, plan = '', charts = [] }: Proposal): ChartStep | null {
  if (outcome !== 'answer' || charts.length !== 1 || !plan) {
    return null;
  }
  const { steps } = JSON.parse(plan) as { steps: { op: string }[] };
  const [only] = steps;
  return steps.length === 1 && only?.op === 'chart' ? (only as ChartStep) : null;
}
