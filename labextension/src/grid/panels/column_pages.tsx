import { useState } from 'react';
import type { Column, Nack } from '../../protocol';
import type { Outcome } from '../../session/api';
import { Icon } from '../drawing/icons';
import { Field, Segments } from './controls';
import { Page } from './page';
import { Refused } from './refused';
import { useGrid, useSessionState } from './scope';
import { explain, groupChoices, KIND_NAMES, nameError, refusal } from './wording';

interface ColumnPageProps {
  column: Column;
  onBack?: (() => void) | undefined;
  onDone: () => void;
}

/** Runs an operation and keeps its refusal to be shown; `onDone` follows when it went well. */
export function useAttempt(onDone: () => void) {
  const [busy, setBusy] = useState(false);
  const [nack, setNack] = useState<Nack | null>(null);
  const attempt = (run: () => Promise<Outcome>) => {
    setBusy(true);
    setNack(null);
    run().then(
      outcome => {
        setBusy(false);
        const refused = refusal(outcome);
        setNack(refused);
        if (!refused) {
          onDone();
        }
      },
      (reason: unknown) => {
        setBusy(false);
        setNack({ type: 'nack', ch: '', seq: 0, code: 'FAILED', ...explain(reason) });
      }
    );
  };
  return { busy, nack, attempt, forget: () => setNack(null) };
}

export function RenamePage({ column, onBack, onDone }: ColumnPageProps) {
  const { controller } = useGrid();
  const { schema } = useSessionState();
  const [name, setName] = useState(column.name);
  const [error, setError] = useState<string | undefined>();
  const { busy, nack, attempt, forget } = useAttempt(onDone);

  const submit = () => {
    const wrong = nameError(name, schema.columns, column.id);
    setError(wrong);
    if (name === column.name) {
      onDone();
    } else if (!wrong) {
      attempt(() => controller.rename(column.id, name));
    }
  };
  return (
    <Page title={`Rename ${column.name}`} onBack={onBack} onSubmit={submit} submit="Rename" busy={busy}>
      <Field
        label="Name"
        bare
        first
        value={name}
        error={error}
        onFocus={event => event.currentTarget.select()}
        onChange={text => {
          setName(text);
          setError(undefined);
          forget();
        }}
      />
      {nack && <Refused nack={nack} />}
    </Page>
  );
}

/** Where a new column goes: its place among the columns that are not index levels. */
export function insertPlace(column: Column, columns: readonly Column[], side: 'left' | 'right'): number {
  const data = columns.filter(other => !other.index);
  const place = data.findIndex(other => other.id === column.id);
  return place < 0 ? 0 : place + (side === 'right' ? 1 : 0);
}

interface NewColumn {
  name: string;
  dtype: string;
}

/** The fields of a new column, and its first empty one in focus. */
export function NewColumnFields({
  value,
  error,
  onChange
}: {
  value: NewColumn;
  error: string | undefined;
  onChange: (value: NewColumn) => void;
}) {
  const { schema } = useSessionState();
  return (
    <>
      <Field
        label="Name"
        first
        placeholder="new_column"
        value={value.name}
        error={error}
        onChange={name => onChange({ ...value, name })}
      />
      <div className="tw-Field">
        <label className="tw-Field-label" htmlFor="tw-new-column-type">
          Type
        </label>
        <div className="tw-Select">
          <select
            id="tw-new-column-type"
            className="tw-Select-input"
            value={value.dtype}
            onChange={event => onChange({ ...value, dtype: event.target.value })}
          >
            {groupChoices(schema.dtypes, '').map(([kind, choices]) => (
              <optgroup key={kind} label={KIND_NAMES[kind]}>
                {choices.map(choice => (
                  <option key={choice.name} value={choice.name}>
                    {choice.label}
                  </option>
                ))}
              </optgroup>
            ))}
          </select>
          <Icon name="down" size={14} />
        </div>
      </div>
    </>
  );
}

/** The name and type of a column to be added, checked before it is sent. */
export function useNewColumn(onDone: () => void) {
  const { controller } = useGrid();
  const { schema } = useSessionState();
  const usual = schema.dtypes.find(choice => choice.kind === 'text') ?? schema.dtypes[0];
  const [value, setValue] = useState<NewColumn>({ name: '', dtype: usual?.name ?? '' });
  const [error, setError] = useState<string | undefined>();
  const { busy, nack, attempt, forget } = useAttempt(onDone);
  return {
    value,
    error,
    busy,
    nack,
    change: (next: NewColumn) => {
      setValue(next);
      setError(undefined);
      forget();
    },
    insert: (at: number) => {
      const wrong = nameError(value.name, schema.columns);
      setError(wrong);
      if (!wrong) {
        attempt(() => controller.insertColumn(at, value.name, value.dtype));
      }
    }
  };
}

export function InsertPage({ column, onBack, onDone }: ColumnPageProps) {
  const { schema } = useSessionState();
  const [side, setSide] = useState<'left' | 'right'>('right');
  const { value, error, busy, nack, change, insert } = useNewColumn(onDone);
  return (
    <Page
      title="Insert a column"
      onBack={onBack}
      onSubmit={() => insert(insertPlace(column, schema.columns, side))}
      submit="Insert"
      busy={busy}
    >
      {!column.index && (
        <Segments
          label="Where"
          value={side}
          options={[
            { value: 'left', label: `Left of ${column.name}` },
            { value: 'right', label: 'Right of it' }
          ]}
          onChange={setSide}
        />
      )}
      <NewColumnFields value={value} error={error} onChange={change} />
      {nack && <Refused nack={nack} />}
    </Page>
  );
}
