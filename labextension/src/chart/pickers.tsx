import { isNumber, isTime } from '../grid/charting';
import type { Column } from '../protocol';
import type { ChartKey, ChartStep } from '../session/api';

const KINDS = ['bar', 'line', 'area', 'scatter', 'histogram', 'box', 'heatmap', 'pie'] as const;
const FIGURES = ['sum', 'mean', 'median', 'min', 'max', 'count', 'distinct'];
const OF_NUMBERS = new Set(['sum', 'mean', 'median']);
const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'weekday'];
const RAW = 'values';

interface PickersProps {
  step: ChartStep;
  columns: readonly Column[];
  onChange: (step: ChartStep) => void;
}

/** What a chart is of, as one line of choices. */
export function Pickers({ step, columns, onChange }: PickersProps) {
  const kind = step.kind ?? 'bar';
  const set = (change: Partial<ChartStep>) => onChange({ ...step, ...change });
  const find = (name: string | null | undefined) => columns.find(column => column.name === name);
  const x = find(step.x?.column);
  const plain = kind === 'scatter' || kind === 'box' || kind === 'heatmap';
  return (
    <span className="tw-Chart-pickers">
      <Pick label="Kind of chart" value={kind} of={KINDS} onPick={next => onChange(recast(step, next as typeof kind, columns))} />
      {kind !== 'histogram' && <FigurePick step={step} columns={columns} onChange={set} />}
      {(plain || kind === 'histogram') && kind !== 'histogram' ? <i>and</i> : <i>{kind === 'histogram' ? 'of' : 'by'}</i>}
      <Pick
        label="Along"
        value={step.x?.column ?? ''}
        of={columns.map(({ name }) => name)}
        none={kind === 'box' || kind === 'bar' ? 'everything' : undefined}
        onPick={column => set({ x: column ? { column } : null })}
      />
      {x && isTime(x) && !plain && kind !== 'histogram' && (
        <Pick
          label="Part of the date"
          value={step.x?.unit ?? ''}
          of={UNITS}
          none="as it fits"
          onPick={unit => set({ x: keyOf(x.name, unit) })}
        />
      )}
      {kind !== 'pie' && kind !== 'heatmap' && (
        <>
          <i>colour</i>
          <Pick
            label="Colour"
            value={step.color?.column ?? ''}
            of={columns.filter(column => !isNumber(column)).map(({ name }) => name)}
            none="none"
            onPick={column => set({ color: column ? { column } : null })}
          />
        </>
      )}
    </span>
  );
}

const keyOf = (column: string, unit: string): ChartKey => (unit ? { column, unit } : { column });

/** The figure that is drawn, or the second column of a chart of two. */
function FigurePick({
  step,
  columns,
  onChange
}: {
  step: ChartStep;
  columns: readonly Column[];
  onChange: (change: Partial<ChartStep>) => void;
}) {
  const { kind } = step;
  const numbers = columns.filter(isNumber).map(({ name }) => name);
  if (kind === 'scatter' || kind === 'box' || kind === 'heatmap') {
    const of = kind === 'heatmap' ? columns.map(({ name }) => name) : numbers;
    return <Pick label="Up" value={step.y_column ?? ''} of={of} onPick={name => onChange({ y_column: name })} />;
  }
  const [first] = step.y ?? [];
  const fn = first?.fn ?? (step.y_column ? RAW : 'count');
  const raw = kind === 'line' || kind === 'area';
  const column = first?.column ?? step.y_column ?? numbers[0] ?? columns[0]?.name ?? '';
  const choose = (next: string, name: string) =>
    onChange(
      next === RAW
        ? { y: [], y_column: name }
        : { y: [next === 'count' ? { fn: next } : { fn: next, column: name }], y_column: null }
    );
  const names = OF_NUMBERS.has(fn) || fn === RAW ? numbers : columns.map(each => each.name);
  return (
    <>
      <Pick
        label="Figure"
        value={fn}
        of={raw ? [...FIGURES, RAW] : FIGURES}
        onPick={next => choose(next, next === 'count' || numbers.includes(column) ? column : (numbers[0] ?? column))}
      />
      {fn !== 'count' && <Pick label="Column" value={column} of={names} onPick={name => choose(fn, name)} />}
    </>
  );
}

/** The same columns as another kind of chart, as far as that has a place for them. */
export function recast(step: ChartStep, kind: NonNullable<ChartStep['kind']>, columns: readonly Column[]): ChartStep {
  const numbers = columns.filter(isNumber).map(({ name }) => name);
  const number =
    step.y?.find(each => each.column)?.column ?? (step.y_column && numbers.includes(step.y_column) ? step.y_column : null);
  const groups = columns.filter(column => !isNumber(column)).map(({ name }) => name);
  const x = step.x ?? alongFirst(kind, columns);
  const base: ChartStep = { op: 'chart', kind, x, color: step.color ?? null };
  const other = (names: string[]) => names.find(name => name !== x?.column) ?? names[0] ?? null;
  switch (kind) {
    case 'histogram': {
      const along = number ?? (x && numbers.includes(x.column) ? x.column : numbers[0]);
      return { ...base, x: along ? { column: along } : x };
    }
    case 'scatter': {
      const along = x && numbers.includes(x.column) ? x.column : other(numbers);
      return {
        ...base,
        x: along ? { column: along } : x,
        y_column: number && number !== along ? number : (numbers.find(name => name !== along) ?? along)
      };
    }
    case 'box':
      return {
        ...base,
        x: x && numbers.includes(x.column) ? null : x,
        y_column: number ?? (x && numbers.includes(x.column) ? x.column : (numbers[0] ?? null))
      };
    case 'heatmap':
      return {
        ...base,
        color: null,
        y_column: step.color?.column ?? other(groups)
      };
    default:
      return { ...base, y: number ? [{ fn: step.y?.[0]?.fn ?? 'sum', column: number }] : [{ fn: 'count' }] };
  }
}

/** The column along which a kind of chart is drawn that has to have one, where none was chosen yet. */
function alongFirst(kind: NonNullable<ChartStep['kind']>, columns: readonly Column[]): ChartKey | null {
  const groups = columns.filter(column => !isNumber(column) && !isTime(column));
  const times = columns.filter(isTime);
  const of = { line: [...times, ...groups], area: [...times, ...groups], pie: groups, heatmap: groups }[kind as string] ?? [];
  return of[0] ? { column: of[0].name } : null;
}

interface PickProps {
  label: string;
  value: string;
  of: readonly string[];
  none?: string | undefined;
  onPick: (value: string) => void;
}

function Pick({ label, value, of, none, onPick }: PickProps) {
  return (
    <select
      className="tw-Chart-pick"
      aria-label={label}
      title={label}
      value={value}
      onChange={event => onPick(event.target.value)}
    >
      {none !== undefined ? <option value="">{none}</option> : !of.includes(value) && <option value={value}>{value}</option>}
      {of.map(each => (
        <option key={each} value={each}>
          {each}
        </option>
      ))}
    </select>
  );
}
