/** Where a rollup is put together: its levels in order, what is shown of them, what stands side by side, and the kept ones. */
import { useCallback, useMemo, useState } from 'react';
import type { Column } from '../protocol';
import type { Panel } from '../grid/controller';
import { groupFilters } from '../grid/panels/chips';
import { Button, Check, Field, IconButton, Select } from '../grid/panels/controls';
import { Page } from '../grid/panels/page';
import { Popover } from '../grid/panels/popover';
import { FailureNote } from '../grid/panels/refused';
import { useGrid, useSessionState } from '../grid/panels/scope';
import { explain, type Failure } from '../grid/panels/wording';
import { canLevel, defineDraft, draftOf, spell, suggest, type Draft } from './definition';
import { LevelList, MeasureList } from './panel_parts';
import { useTree } from './status';

const NONE = '';

export function RollupPanel({ panel }: { panel: Extract<Panel, { kind: 'rollup' }> }) {
  const { controller, focusGrid } = useGrid();
  const { base, tree, view, rollups, readOnly, role } = useSessionState();
  const { acts } = useTree();
  const columns = base.columns;
  const [draft, setDraft] = useState<Draft>(() =>
    tree ? draftOf(tree.rollup) : { ...suggest(columns), filter: [...(view.filter ?? [])] }
  );
  const [first] = useState(draft.filter);
  const kept = groupFilters(first, columns);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const made = useMemo(() => defineDraft(draft, columns), [draft, columns]);
  const close = useCallback(() => controller.close(), [controller]);

  const change = (part: Partial<Draft>) => {
    setDraft({ ...draft, ...part });
    setFailure(null);
  };
  const attempt = (run: () => Promise<unknown>, done: () => void) => {
    setBusy(true);
    setFailure(null);
    run().then(
      () => {
        setBusy(false);
        done();
      },
      (reason: unknown) => {
        setBusy(false);
        setFailure(explain(reason));
      }
    );
  };
  const finish = () => {
    controller.close();
    focusGrid();
  };
  const apply = () => {
    if ('error' in made) {
      setFailure({ message: made.error, hint: '' });
    } else {
      attempt(() => acts.enter(made), finish);
    }
  };
  const save = () => {
    if ('error' in made) {
      setFailure({ message: made.error, hint: '' });
    } else if (!made.name) {
      setFailure({ message: 'Give it a name to keep it with the table.', hint: '' });
    } else {
      attempt(
        () => acts.keep(made),
        () => controller.notify({ level: 'info', text: `Kept as “${made.name ?? ''}” for everybody who uses this table` })
      );
    }
  };
  const free = columns.filter(column => canLevel(column) && !draft.levels.includes(column.id));
  const mayKeep = readOnly === '' && role !== 'viewer';
  return (
    <Popover anchor={panel.anchor} label="Roll up" width={368} onClose={close}>
      {rollups.length > 0 && (
        <section className="tw-Rollup-kept" aria-label="Kept rollups">
          {rollups.map(rollup => (
            <div key={rollup.name ?? ''} className="tw-Rollup-keptLine">
              <button
                type="button"
                className="tw-Rollup-keptName"
                title={spell(rollup, columns)}
                aria-pressed={tree?.rollup.name === rollup.name}
                onClick={() => attempt(() => acts.enter(rollup.name ?? rollup), finish)}
              >
                <b>{rollup.name}</b> <span>{spell(rollup, columns)}</span>
              </button>
              {mayKeep && (
                <IconButton
                  small
                  icon="trash"
                  label={`Drop ${rollup.name ?? ''}`}
                  onClick={() =>
                    attempt(
                      () => acts.drop(rollup.name ?? ''),
                      () => undefined
                    )
                  }
                />
              )}
            </div>
          ))}
        </section>
      )}
      <Page
        title={tree ? 'Change the rollup' : 'Roll up'}
        onSubmit={apply}
        submit={busy ? 'Working …' : tree ? 'Apply' : 'Roll up'}
        busy={busy}
        aside={
          tree
            ? {
                label: 'Back to rows',
                onClick: () => attempt(() => acts.leave(), finish)
              }
            : undefined
        }
      >
        <LevelList levels={draft.levels} free={free} columns={columns} onChange={levels => change({ levels })} />
        <MeasureList measures={draft.measures} columns={columns} onChange={measures => change({ measures })} />
        <Select
          label="Side by side"
          value={draft.across === null ? NONE : String(draft.across)}
          options={[{ value: NONE, label: 'nothing' }, ...asOptions(columns.filter(canLevel))]}
          onChange={value => change({ across: value === NONE ? null : Number(value) })}
        />
        {kept.length > 0 && (
          <Check
            label="Only the rows that"
            detail={kept.map(({ column, text }) => (column ? `${column.name} ${text}` : text)).join(' and ')}
            checked={draft.filter.length > 0}
            onChange={on => change({ filter: on ? [...first] : [] })}
          />
        )}
        {mayKeep && (
          <div className="tw-Rollup-line">
            <Field
              label="Name, to keep it with the table"
              value={draft.name}
              onChange={name => change({ name })}
              maxLength={100}
            />
            <Button label="Save" disabled={busy || draft.name.trim() === ''} onClick={save} />
          </div>
        )}
        {failure && <FailureNote failure={failure} />}
      </Page>
    </Popover>
  );
}

export const asOptions = (columns: readonly Column[]): { value: string; label: string }[] =>
  columns.map(({ id, name }) => ({ value: String(id), label: name || '(no name)' }));
