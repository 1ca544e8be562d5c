import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { covered, selected } from '../../labextension/src/chart/brush';
import { chartOf } from '../../labextension/src/grid/charting';
import { page } from '../../labextension/src/chart/exports';
import { library } from '../../labextension/src/chart/library';
import { brushAll, brushOf, link } from '../../labextension/src/chart/links';
import { Live } from '../../labextension/src/chart/live';
import { recast } from '../../labextension/src/chart/pickers';
import type { Filter } from '../../labextension/src/protocol';
import type { ChartStep, Session } from '../../labextension/src/session/api';
import { drawn, FakeCharts } from './chart_fake';
import { column } from './panels_fake';

const COLUMNS = [
  column(0, 'kind', 'category', 'category'),
  column(1, 'price "net"', 'float', 'float64'),
  column(2, 'qty', 'integer', 'int64'),
  column(3, 'day', 'date', 'date32'),
  column(4, 'at', 'timestamp', 'datetime64[us]'),
  column(5, 'paid', 'boolean', 'bool')
];
const of = (kind: ChartStep['kind'], x?: string, more: Partial<ChartStep> = {}): ChartStep => ({
  op: 'chart',
  kind,
  ...(x ? { x: { column: x } } : {}),
  ...more
});

describe('what is selected in a chart', () => {
  it('keeps the rows of the bars, the missing ones among them', () => {
    const points = [{ x: 'pen' }, { x: '(missing)' }, { x: 'pen' }];
    expect(selected(of('bar', 'kind'), { points }, COLUMNS)).toEqual([
      { is: 'set', column: 0, values: ['pen', '(missing)'], missing: true }
    ]);
    expect(selected(of('bar', 'paid', { horizontal: true }), { points: [{ x: 3, y: 'true' }] }, COLUMNS)).toEqual([
      { is: 'set', column: 5, values: [true] }
    ]);
    expect(selected(of('pie', 'qty'), { points: [{ label: 7 }] }, COLUMNS)).toEqual([{ is: 'set', column: 2, values: [7] }]);
    expect(selected(of('pie', 'kind'), { points: [{ label: '&lt;b&gt; &amp;lt;' }] }, COLUMNS)).toEqual([
      { is: 'set', column: 0, values: ['<b> &lt;'] }
    ]);
  });

  it('takes the end of a class for the next one', () => {
    const points = [{ customdata: [10, 20] }, { customdata: [20, 30] }];
    expect(selected(of('histogram', 'qty'), { points }, COLUMNS)).toEqual([{ is: 'range', column: 2, lo: 10, hi: 29 }]);
    expect(selected(of('histogram', 'price "net"'), { points }, COLUMNS)).toEqual([
      { is: 'expression', sql: '"price ""net""" >= 10 AND "price ""net""" < 30' }
    ]);
    const days = [{ customdata: [Date.UTC(2027, 0, 1) * 1000, Date.UTC(2027, 0, 8) * 1000] }];
    expect(selected(of('histogram', 'day'), { points: days }, COLUMNS)).toEqual([
      { is: 'range', column: 3, lo: '2027-01-01', hi: '2027-01-07' }
    ]);
  });

  it('is a range of what a line or points run along, in whole numbers and days where there are no others', () => {
    const range = { x: ['2027-01-02 13:30', '2027-01-01 06:00:00.5'], y: [1.5, 3.5] };
    expect(selected(of('line', 'at'), { range }, COLUMNS)).toEqual([
      { is: 'range', column: 4, lo: '2027-01-01T06:00:00.500', hi: '2027-01-02T13:30:00.000' }
    ]);
    expect(selected(of('scatter', 'day', { y_column: 'qty' }), { range }, COLUMNS)).toEqual([
      { is: 'range', column: 3, lo: '2027-01-02', hi: '2027-01-02' },
      { is: 'range', column: 2, lo: 2, hi: 3 }
    ]);
  });

  it('is a condition on parts of dates', () => {
    const months: ChartStep = { op: 'chart', kind: 'bar', x: { column: 'day', unit: 'month' } };
    expect(selected(months, { points: [{ x: '2027-01-01' }, { x: '2027-03-01' }] }, COLUMNS)).toEqual([
      { is: 'expression', sql: `date_trunc('month', "day") IN ('2027-01-01', '2027-03-01')` }
    ]);
    const weekdays: ChartStep = { op: 'chart', kind: 'bar', x: { column: 'at', unit: 'weekday' } };
    expect(selected(weekdays, { points: [{ x: 'Monday' }] }, COLUMNS)).toEqual([
      { is: 'expression', sql: `dayname("at") IN ('Monday')` }
    ]);
  });

  it('is nothing where nothing was, or the column is gone', () => {
    expect(selected(of('bar', 'kind'), { points: [] }, COLUMNS)).toBeNull();
    expect(selected(of('bar', 'gone'), { points: [{ x: 'a' }] }, COLUMNS)).toBeNull();
    expect(selected(of('line', 'at'), undefined, COLUMNS)).toBeNull();
    expect(covered(['a', 'b', 'c'], [1.2, 0.6])).toEqual(['b']);
    expect(covered(['a', 'b', 'c'], ['a', 'b'])).toEqual([]);
  });
});

describe('a live chart', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function table() {
    const charts = new FakeCharts();
    const listeners = new Set<() => void>();
    const state: { rev: number; connection: Session['state']['connection'] } = { rev: 1, connection: 'open' };
    const told = (change: Partial<typeof state>) => {
      Object.assign(state, change);
      charts.rev = state.rev;
      listeners.forEach(listener => listener());
    };
    const subscribe = (listener: () => void) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    };
    return { charts, state, told, subscribe };
  }

  it('asks at most four times a second, and ends with the newest', async () => {
    const from = table();
    const live = new Live(from, of('bar', 'kind'));
    for (let rev = 2; rev < 102; rev++) {
      from.told({ rev });
      await vi.advanceTimersByTimeAsync(10);
    }
    await vi.advanceTimersByTimeAsync(1000);
    expect(from.charts.asked.length).toBeLessThanOrEqual(6);
    expect(live.state.drawn?.rev).toBe(101);
    expect(live.state.busy).toBe(false);
  });

  it('needs no answer for what the kernel has drawn, until the table is another', async () => {
    const from = table();
    const live = new Live(from, of('bar', 'kind'), drawn(of('bar', 'kind'), 1));
    await vi.advanceTimersByTimeAsync(1000);
    expect(from.charts.asked).toEqual([]);
    from.told({ rev: 2 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(live.state.drawn?.rev).toBe(2);
  });

  it('waits for the connection, keeps what it has when it is refused, and says why', async () => {
    const from = table();
    from.told({ connection: 'connecting' });
    const live = new Live(from, of('bar', 'kind'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(from.charts.asked).toEqual([]);
    from.told({ connection: 'open' });
    await vi.advanceTimersByTimeAsync(1000);
    from.charts.failure = Object.assign(new Error('There is no column kind.'), { hint: 'It was dropped.' });
    from.told({ rev: 2 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(live.state).toMatchObject({ error: 'There is no column kind. It was dropped.', drawn: { rev: 1 } });
  });

  it('asks for the part that is looked at, and for all of another chart', async () => {
    const from = table();
    const live = new Live(from, of('line', 'at'));
    await vi.advanceTimersByTimeAsync(1000);
    live.look({ x: ['2027-01-01', '2027-01-02'] });
    await vi.advanceTimersByTimeAsync(1000);
    live.show(of('bar', 'kind'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(from.charts.asked.map(({ x, step }) => [step.kind, x])).toEqual([
      ['line', undefined],
      ['line', ['2027-01-01', '2027-01-02']],
      ['bar', undefined]
    ]);
    live.dispose();
    from.told({ rev: 9 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(from.charts.asked).toHaveLength(3);
  });
});

describe('charts and grids of one table', () => {
  it('find each other, and leave the filters alone that the user has set', async () => {
    const own: Filter = { is: 'missing', column: 1 };
    const state = { view: { filter: [own] as Filter[] } };
    const session = {
      state,
      setView: (view: { filter?: Filter[] }) => Promise.resolve(void (state.view.filter = view.filter ?? []))
    };
    const unlink = link('table/t', brushOf(session as unknown as Session));
    const [first, second] = [{}, {}];
    const [pen, ink] = ['pen', 'ink'].map((value): Filter => ({ is: 'set', column: 0, values: [value] }));
    await brushAll('table/t')(first, [pen!]);
    await brushAll('table/t')(second, [ink!]);
    await brushAll('table/t')(first, [ink!, pen!]);
    expect(state.view.filter).toContainEqual(pen);
    await brushAll('table/other')(second, null);
    await brushAll('table/t')(first, null);
    await brushAll('table/t')(second, null);
    expect(state.view.filter).toEqual([own]);
    unlink();
    await brushAll('table/t')(first, [pen!]);
    expect(state.view.filter).toEqual([own]);
  });
});

describe('the chart of columns', () => {
  const named = (...names: string[]) => COLUMNS.filter(({ name }) => names.includes(name));
  it('follows from their types', () => {
    expect(chartOf(named('qty'))).toEqual({ op: 'chart', x: { column: 'qty' } });
    expect(chartOf(named('kind', 'qty'))).toEqual({ op: 'chart', x: { column: 'kind' }, y: [{ fn: 'sum', column: 'qty' }] });
    expect(chartOf(named('qty', 'price "net"'))).toEqual({ op: 'chart', x: { column: 'price "net"' }, y_column: 'qty' });
    expect(chartOf(named('kind', 'paid'))).toEqual({ op: 'chart', x: { column: 'kind' }, y_column: 'paid' });
    expect(chartOf(named('kind', 'qty', 'day'))).toMatchObject({ x: { column: 'day' }, color: { column: 'kind' } });
  });

  it('is recast as another kind with columns that this one takes', () => {
    const bars = of('bar', 'kind', { y: [{ fn: 'mean', column: 'qty' }] });
    expect(recast(bars, 'histogram', COLUMNS)).toMatchObject({ kind: 'histogram', x: { column: 'qty' } });
    expect(recast(bars, 'box', COLUMNS)).toMatchObject({ x: { column: 'kind' }, y_column: 'qty' });
    expect(recast(bars, 'scatter', COLUMNS)).toMatchObject({ x: { column: 'price "net"' }, y_column: 'qty' });
    expect(recast(bars, 'line', COLUMNS)).toMatchObject({ x: { column: 'kind' }, y: [{ fn: 'mean', column: 'qty' }] });
    expect(recast(of('box', undefined, { y_column: 'qty' }), 'pie', COLUMNS)).toMatchObject({
      x: { column: 'kind' },
      y: [{ fn: 'sum', column: 'qty' }]
    });
    expect(recast(of('box', undefined, { y_column: 'qty' }), 'heatmap', COLUMNS)).toMatchObject({
      x: { column: 'kind' },
      y_column: 'day'
    });
    expect(recast(of('histogram', 'qty'), 'bar', COLUMNS)).toMatchObject({ x: { column: 'qty' }, y: [{ fn: 'count' }] });
  });
});

describe('the library', () => {
  it('is loaded once for a page, from the next place where one has it not', async () => {
    const [missing, source] = [
      vi.fn(() => Promise.reject(new Error('no'))),
      vi.fn(() => Promise.resolve('module.exports = { react: 1 };'))
    ];
    const [one, other] = [library([missing, source]), library([source])];
    expect(await one.plotly()).toBe(await other.plotly());
    expect(source).toHaveBeenCalledTimes(1);
    expect(await other.source()).toContain('module.exports');
  });

  it('stands in a page that a chart is taken along in, and its end tag in a name ends nothing', () => {
    const figure = { data: [{ name: '</script><b>' }], layout: {} };
    expect(page(figure, 'a < b', 'x("</script>")').match(/<\/script>/g)).toHaveLength(2);
  });
});
