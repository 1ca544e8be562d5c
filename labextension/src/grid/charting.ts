/** The chart that columns ask for by themselves. */
import type { Column } from '../protocol';
import type { ChartStep } from '../session/api';

const NUMBERS = new Set(['integer', 'float', 'decimal']);
const TIMES = new Set(['date', 'timestamp']);

export const isNumber = (column: Column): boolean => NUMBERS.has(column.kind);
export const isTime = (column: Column): boolean => TIMES.has(column.kind);

/** Numbers along time, numbers by group, number against number, group against group; one column alone as its distribution. */
export function chartOf(columns: readonly Column[]): ChartStep {
  const numbers = columns.filter(isNumber);
  const time = columns.find(isTime);
  const groups = columns.filter(column => !isNumber(column) && !isTime(column));
  const x = time ?? groups[0];
  const sums = numbers.slice(0, 4).map(({ name }) => ({ fn: 'sum', column: name }));
  if (columns.length > 1 && x && sums.length) {
    const color = time && groups[0];
    return color
      ? { op: 'chart', x: { column: x.name }, y: sums.slice(0, 1), color: { column: color.name } }
      : { op: 'chart', x: { column: x.name }, y: sums };
  }
  const [first, second] = numbers.length > 1 ? numbers : [x ?? columns[0], time ? groups[0] : groups[1]];
  if (!first) {
    return { op: 'chart', y: [{ fn: 'count' }] };
  }
  if (first && second && columns.length > 1) {
    return time
      ? { op: 'chart', x: { column: first.name }, color: { column: second.name } }
      : { op: 'chart', x: { column: first.name }, y_column: second.name };
  }
  return { op: 'chart', x: { column: first.name } };
}
