import { useEffect, useState } from 'react';
import type { Column } from '../../protocol';
import { Segments } from './controls';
import { buildFilters, draftOf, modesOf, type Draft, type FilterMode } from './filter_draft';
import { ExpressionPart, MissingPart, RangePart, SetPart, TextPart } from './filter_parts';
import { Page } from './page';
import { FailureNote } from './refused';
import { useGrid, useSessionState } from './scope';
import { explain, filterColumn, type Failure } from './wording';

const MODE_LABELS: Record<FilterMode, string> = {
  range: 'Range',
  set: 'Values',
  text: 'Text',
  missing: 'Missing',
  expression: 'SQL'
};

interface FilterPageProps {
  column: Column;
  onBack?: (() => void) | undefined;
  onDone: () => void;
}

/** The filters on a column: one way at a time, applied as a whole. What is refused is said here and stays to be mended. */
export function FilterPage({ column, onBack, onDone }: FilterPageProps) {
  const { controller } = useGrid();
  const { view, profiles } = useSessionState();
  const filters = view.filter ?? [];
  const own = filters.filter(filter => filterColumn(filter) === column.id);
  const sql = filters.find(filter => filter.is === 'expression')?.sql ?? '';
  const [draft, setDraft] = useState<Draft>(() => draftOf(column, own, sql));
  const [failure, setFailure] = useState<Failure | null>(null);
  const [error, setError] = useState<{ error: string; field: string } | null>(null);
  const [busy, setBusy] = useState(false);
  const profile = profiles.get(column.id);

  useEffect(() => {
    controller.session.profile([column.id]);
  }, [controller, column.id]);

  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setError(null);
    setFailure(null);
  };
  const send = (request: () => Promise<void>) => {
    setBusy(true);
    setFailure(null);
    request().then(onDone, (reason: unknown) => {
      setBusy(false);
      setFailure(explain(reason));
    });
  };
  const apply = () => {
    if (draft.mode === 'expression') {
      send(() => controller.where(draft.sql.trim()));
      return;
    }
    const built = buildFilters(column, draft);
    if ('error' in built) {
      setError(built);
    } else {
      send(() => controller.filter(column.id, built.filters));
    }
  };
  const wholeRows = draft.mode === 'expression';
  const active = wholeRows ? sql !== '' : own.length > 0;
  const clear = () => send(() => (wholeRows ? controller.where('') : controller.filter(column.id, [])));

  const valuesError = error?.field === 'values' ? error.error : undefined;
  const rangeError =
    error && (error.field === 'lo' || error.field === 'hi') ? ({ text: error.error, field: error.field } as const) : undefined;
  return (
    <Page
      title={`Filter ${column.name}`}
      onBack={onBack}
      onSubmit={apply}
      submit={busy ? 'Filtering …' : 'Apply'}
      busy={busy}
      aside={{ label: 'Clear filter', onClick: clear, disabled: !active || busy }}
    >
      <Segments
        label="Filter by"
        value={draft.mode}
        options={modesOf(column).map(mode => ({ value: mode, label: MODE_LABELS[mode] }))}
        onChange={mode => change({ mode })}
      />
      {draft.mode === 'range' && (
        <RangePart
          column={column}
          profile={profile}
          draft={draft.range}
          error={rangeError}
          onChange={range => change({ range })}
        />
      )}
      {draft.mode === 'set' && (
        <SetPart column={column} choice={draft.choice} error={valuesError} onChange={choice => change({ choice })} />
      )}
      {draft.mode === 'text' && <TextPart draft={draft.text} onChange={text => change({ text })} />}
      {draft.mode === 'missing' && (
        <MissingPart profile={profile} keeps={draft.missing} onChange={missing => change({ missing })} />
      )}
      {draft.mode === 'expression' && <ExpressionPart sql={draft.sql} onChange={text => change({ sql: text })} />}
      {failure && <FailureNote failure={failure} />}
    </Page>
  );
}
