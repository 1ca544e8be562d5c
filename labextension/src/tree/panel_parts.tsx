/** The lists of levels and measures while a rollup is put together. */
import type { Column } from '../protocol';
import { IconButton, Select } from '../grid/panels/controls';
import { FUNCTIONS, functionsOf, measureOf, moved, type Measure } from './definition';

const ADD = '';

interface LevelListProps {
  levels: readonly number[];
  /** The columns that are no levels yet. */
  free: readonly Column[];
  columns: readonly Column[];
  onChange: (levels: number[]) => void;
}

export function LevelList({ levels, free, columns, onChange }: LevelListProps) {
  const name = (id: number) => columns.find(column => column.id === id)?.name ?? 'a column that is gone';
  return (
    <section className="tw-Rollup-part" aria-label="Levels">
      <h3 className="tw-Field-label">Levels, the highest first</h3>
      <ol className="tw-Rollup-list">
        {levels.map((id, place) => (
          <li key={id} className="tw-Rollup-line">
            <span className="tw-Rollup-place">{place + 1}</span>
            <span className="tw-Rollup-name">{name(id)}</span>
            <IconButton
              small
              icon="up"
              label={`Move ${name(id)} up`}
              disabled={place === 0}
              onClick={() => onChange(moved(levels, place, place - 1))}
            />
            <IconButton
              small
              icon="down"
              label={`Move ${name(id)} down`}
              disabled={place === levels.length - 1}
              onClick={() => onChange(moved(levels, place, place + 1))}
            />
            <IconButton
              small
              icon="close"
              label={`Remove ${name(id)}`}
              onClick={() => onChange(levels.filter(each => each !== id))}
            />
          </li>
        ))}
      </ol>
      {free.length > 0 && (
        <Select
          bare
          label="Add a level"
          value={ADD}
          options={[{ value: ADD, label: 'Add a level …' }, ...free.map(({ id, name: label }) => ({ value: String(id), label }))]}
          onChange={value => value !== ADD && onChange([...levels, Number(value)])}
        />
      )}
    </section>
  );
}

interface MeasureListProps {
  measures: readonly Measure[];
  columns: readonly Column[];
  onChange: (measures: Measure[]) => void;
}

export function MeasureList({ measures, columns, onChange }: MeasureListProps) {
  const put = (place: number, measure: Measure) => onChange(measures.map((each, at) => (at === place ? measure : each)));
  return (
    <section className="tw-Rollup-part" aria-label="Measures">
      <h3 className="tw-Field-label">Measures</h3>
      {measures.map((measure, place) => (
        <MeasureLine
          key={place}
          measure={measure}
          columns={columns}
          onChange={next => put(place, next)}
          onRemove={() => onChange(measures.filter((_, at) => at !== place))}
        />
      ))}
      <Select
        bare
        label="Add a measure"
        value={ADD}
        options={[
          { value: ADD, label: 'Add a measure …' },
          ...columns.map(({ id, name }) => ({ value: String(id), label: name }))
        ]}
        onChange={value => {
          const column = columns.find(({ id }) => String(id) === value);
          if (column) {
            onChange([...measures, measureOf(column)]);
          }
        }}
      />
    </section>
  );
}

interface MeasureLineProps {
  measure: Measure;
  columns: readonly Column[];
  onChange: (measure: Measure) => void;
  onRemove: () => void;
}

function MeasureLine({ measure, columns, onChange, onRemove }: MeasureLineProps) {
  const column = columns.find(({ id }) => id === measure.column);
  const known = FUNCTIONS.find(({ fn }) => fn === measure.fn);
  const options = columns.map(({ id, name }) => ({ value: String(id), label: name }));
  const choose = (value: string) => {
    const next = columns.find(({ id }) => String(id) === value);
    if (next) {
      const fits = functionsOf(next).some(({ fn }) => fn === measure.fn);
      onChange(fits ? { ...measure, column: next.id, inverse: measure.inverse === null ? null : next.id } : measureOf(next));
    }
  };
  return (
    <div className="tw-Rollup-line">
      <Select
        bare
        label="Function"
        value={measure.fn}
        options={(column ? functionsOf(column) : FUNCTIONS).map(({ fn, label }) => ({ value: fn, label }))}
        onChange={fn => onChange({ fn, column: measure.column, other: null, inverse: fn === 'ratio' ? measure.column : null })}
      />
      <Select bare label="of" value={String(measure.column)} options={options} onChange={choose} />
      {known?.other && (
        <Select
          bare
          label={known.other}
          value={measure.other === null ? ADD : String(measure.other)}
          options={[{ value: ADD, label: `${known.other} …` }, ...options]}
          onChange={value => onChange({ ...measure, other: value === ADD ? null : Number(value) })}
        />
      )}
      <IconButton small icon="close" label={`Remove ${measure.fn}(${column?.name ?? '?'})`} onClick={onRemove} />
    </div>
  );
}
