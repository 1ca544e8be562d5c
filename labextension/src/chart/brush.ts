/** What is selected in a chart, as filters of its table. It knows no DOM. */
import type { Column, Filter, Scalar } from '../protocol';
import type { ChartKey, ChartStep } from '../session/api';
import type { PlotEvent, PlotPoint } from './library';

const MISSING = '(missing)';
const DAY = 86_400_000;
const TIMES = new Set(['date', 'timestamp']);
const NUMBERS = new Set(['integer', 'float', 'decimal']);

/** The filters that keep the rows behind what was selected; null where nothing (that could be filtered by) was. */
export function selected(step: ChartStep, event: PlotEvent | undefined, columns: readonly Column[]): Filter[] | null {
  const find = (name: string | null | undefined) => columns.find(column => column.name === name);
  const x = find(step.x?.column);
  const y = find(step.y_column);
  const points = event?.points ?? [];
  const filters: (Filter | null)[] = [];
  const { classes: wide = {}, range = {} } = event ?? {};
  switch (step.kind) {
    case 'line':
    case 'area':
      filters.push(span(x, event?.range?.['x']));
      break;
    case 'scatter':
      filters.push(span(x, event?.range?.['x']), span(y, event?.range?.['y']));
      break;
    case 'histogram':
      filters.push(classes(x, points));
      break;
    case 'heatmap':
      filters.push(
        wide['x']
          ? span(x, range['x'])
          : among(
              x,
              step.x,
              points.map(each => each.x)
            ),
        wide['y']
          ? span(y, range['y'])
          : among(
              y,
              null,
              points.map(each => each.y)
            )
      );
      break;
    default:
      filters.push(
        among(
          x,
          step.x,
          points.map(each => each.label ?? (step.horizontal ? each.y : each.x))
        )
      );
  }
  const found = filters.filter(filter => filter !== null);
  return found.length ? found : null;
}

/** The names of categories that a box over a category axis covers, whose places are whole numbers. */
export function covered(names: readonly unknown[], range: readonly unknown[] | undefined): unknown[] {
  const [a, b] = (range ?? []).map(Number);
  if (a === undefined || b === undefined || Number.isNaN(a + b)) {
    return [];
  }
  const [lo, hi] = [Math.min(a, b), Math.max(a, b)];
  return names.filter((_, place) => place > lo - 0.5 && place < hi + 0.5);
}

/** A value as it stands in the table: in a figure texts are HTML. */
function raw(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&') : value;
}

function among(column: Column | undefined, key: ChartKey | null | undefined, values: readonly unknown[]): Filter | null {
  const distinct = [...new Set(values.map(raw))];
  if (!column || distinct.length === 0) {
    return null;
  }
  if (key?.unit) {
    return periods(column, key.unit, distinct.map(String));
  }
  const missing = distinct.includes(MISSING);
  const listed = distinct.map(value => typed(column, value)).filter(value => value !== undefined);
  return { is: 'set', column: column.id, values: listed, ...(missing ? { missing } : {}) };
}

function typed(column: Column, value: unknown): Scalar | undefined {
  if (value === MISSING && column.kind !== 'text' && column.kind !== 'category') {
    return undefined;
  }
  if (column.kind === 'boolean') {
    return String(value) === 'true';
  }
  if (NUMBERS.has(column.kind)) {
    return typeof value === 'number' ? value : String(value);
  }
  return TIMES.has(column.kind)
    ? String(value)
        .replace(' ', 'T')
        .replace(/T00:00:00$/, '')
    : String(value);
}

const quoted = ({ name }: Column): string => `"${name.replaceAll('"', '""')}"`;

/** Parts of dates: by name, or as dates that are cut to their beginning. */
function periods(column: Column, unit: string, values: string[]): Filter {
  const name = quoted(column);
  const listed = (texts: string[]) => texts.map(value => `'${value.replaceAll("'", "''")}'`).join(', ');
  switch (unit) {
    case 'weekday':
      return { is: 'expression', sql: `dayname(${name}) IN (${listed(values)})` };
    case 'month_name':
      return { is: 'expression', sql: `monthname(${name}) IN (${listed(values)})` };
    case 'year':
      return { is: 'expression', sql: `year(${name}) IN (${values.map(Number).join(', ')})` };
    default: {
      const cut = unit === 'date' ? 'day' : unit;
      const dates = listed(values.map(value => value.replace(' ', 'T')));
      return { is: 'expression', sql: `date_trunc('${cut}', ${name}) IN (${dates})` };
    }
  }
}

/** From the beginning of the first class to the end of the last one, which is the next one's. */
function classes(column: Column | undefined, points: readonly PlotPoint[]): Filter | null {
  const edges = points.map(each => each.customdata).filter((each): each is [number, number] => Array.isArray(each));
  if (!column || edges.length === 0) {
    return null;
  }
  const lo = Math.min(...edges.map(([left]) => left));
  const hi = Math.max(...edges.map(([, right]) => right));
  if (TIMES.has(column.kind)) {
    return { is: 'range', column: column.id, lo: moment(column, lo / 1000, 'lo'), hi: moment(column, hi / 1000 - 0.001, 'hi') };
  }
  if (column.kind === 'integer') {
    return { is: 'range', column: column.id, lo, hi: Math.ceil(hi) - 1 };
  }
  return { is: 'expression', sql: `${quoted(column)} >= ${lo} AND ${quoted(column)} < ${hi}` };
}

function span(column: Column | undefined, range: readonly unknown[] | undefined): Filter | null {
  const [a, b] = range ?? [];
  if (!column || a === undefined || b === undefined) {
    return null;
  }
  if (TIMES.has(column.kind)) {
    const [lo, hi] = [milliseconds(a), milliseconds(b)].sort((one, other) => one - other);
    if (lo === undefined || hi === undefined || Number.isNaN(lo + hi)) {
      return null;
    }
    return { is: 'range', column: column.id, lo: moment(column, lo, 'lo'), hi: moment(column, hi, 'hi') };
  }
  const [lo, hi] = [Number(a), Number(b)].sort((one, other) => one - other);
  if (!NUMBERS.has(column.kind) || lo === undefined || hi === undefined || Number.isNaN(lo + hi)) {
    return null;
  }
  return column.kind === 'integer'
    ? { is: 'range', column: column.id, lo: Math.ceil(lo), hi: Math.floor(hi) }
    : { is: 'range', column: column.id, lo, hi };
}

function milliseconds(value: unknown): number {
  return typeof value === 'number'
    ? value
    : Date.parse(`${String(value).replace(' ', 'T')}${/[ T]/.test(String(value)) ? 'Z' : ''}`);
}

/** A moment as text; of a column of days the first day after it, or the last before it. */
function moment(column: Column, at: number, side: 'lo' | 'hi'): string {
  if (column.kind === 'date') {
    const day = side === 'lo' ? Math.ceil(at / DAY) : Math.floor(at / DAY);
    return new Date(day * DAY).toISOString().slice(0, 10);
  }
  const text = new Date(Math.floor(at)).toISOString().slice(0, -1);
  return side === 'hi' ? `${text}${at % 1 ? '999' : ''}` : text;
}
