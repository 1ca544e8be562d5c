import { useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Column, DtypeChoice, Op } from '../../protocol';
import { Icon } from '../drawing/icons';
import { offerLabel } from '../editing/outcomes';
import { useAttempt } from './column_pages';
import { Button, Field } from './controls';
import { plural } from './figures';
import { PageTitle } from './page';
import { Refused } from './refused';
import { useGrid, useSessionState } from './scope';
import { groupChoices, KIND_NAMES } from './wording';

interface TypePageProps {
  column: Column;
  onBack?: (() => void) | undefined;
  onDone: () => void;
}

/** Another type for a column. Cells that do not convert are listed first; only a second choice makes them missing. */
export function TypePage({ column, onBack, onDone }: TypePageProps) {
  const { controller } = useGrid();
  const { schema } = useSessionState();
  const [chosen, setChosen] = useState<DtypeChoice | null>(null);
  const { busy, nack, attempt, forget } = useAttempt(onDone);

  const retype = (choice: DtypeChoice, onError: 'refuse' | 'missing') => {
    setChosen(choice);
    attempt(() => controller.retype(column.id, choice.name, onError));
  };
  // What is offered may be this very change with missing cells, which has its own button below.
  const offer = nack?.offer?.kind === 'retype_column' && nack.offer.on_error === 'missing' ? null : nack?.offer;
  const accept = (op: Op) => attempt(() => controller.session.apply(op));
  const bad = nack?.n_bad ?? nack?.bad?.length ?? 0;
  return (
    <div className="tw-Page">
      <PageTitle title={`Type of ${column.name}`} onBack={onBack} />
      <div className="tw-Page-body">
        {nack && chosen ? (
          <>
            <Refused nack={nack} />
            <div className="tw-Page-choices">
              {offer && <Button look="primary" disabled={busy} label={offerLabel(offer, schema)} onClick={() => accept(offer)} />}
              {bad > 0 && (
                <Button
                  look="danger"
                  disabled={busy}
                  label={`Make ${bad === 1 ? 'it' : plural(bad, 'cell')} missing and change to ${chosen.label}`}
                  onClick={() => retype(chosen, 'missing')}
                />
              )}
              <Button look="plain" first label="Choose another type" onClick={forget} />
            </div>
          </>
        ) : (
          <TypeChooser column={column} choices={schema.dtypes} busy={busy} onChoose={choice => retype(choice, 'refuse')} />
        )}
      </div>
    </div>
  );
}

interface TypeChooserProps {
  column: Column;
  choices: readonly DtypeChoice[];
  busy: boolean;
  onChoose: (choice: DtypeChoice) => void;
}

/** Types grouped by kind, with a search box whose arrow keys move through the list. */
function TypeChooser({ column, choices, busy, onChoose }: TypeChooserProps) {
  const id = useId();
  const [search, setSearch] = useState('');
  const [active, setActive] = useState(0);
  const groups = groupChoices(choices, search);
  const flat = groups.flatMap(([, members]) => members);

  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && flat.length > 0) {
      event.preventDefault();
      setActive((active + step + flat.length) % flat.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const choice = flat[active];
      if (choice && !busy) {
        onChoose(choice);
      }
    }
  };
  return (
    <>
      <Field
        label="Search types"
        bare
        first
        icon="search"
        placeholder="Search types"
        value={search}
        role="combobox"
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={flat[active] ? `${id}-${flat[active].name}` : undefined}
        onKeyDown={onKeyDown}
        onChange={text => {
          setSearch(text);
          setActive(0);
        }}
      />
      <div id={`${id}-list`} className="tw-Types" role="listbox" aria-label="Types" aria-busy={busy}>
        {groups.map(([kind, members]) => (
          <div key={kind} role="group" aria-label={KIND_NAMES[kind]}>
            <div className="tw-Types-kind">{KIND_NAMES[kind]}</div>
            {members.map(choice => {
              const current = choice.name === column.dtype;
              return (
                <div
                  key={choice.name}
                  id={`${id}-${choice.name}`}
                  role="option"
                  className="tw-Types-option"
                  aria-selected={current}
                  data-active={choice === flat[active] ? '' : undefined}
                  ref={line => {
                    if (line && choice === flat[active]) {
                      line.scrollIntoView({ block: 'nearest' });
                    }
                  }}
                  onPointerMove={() => setActive(flat.indexOf(choice))}
                  onClick={() => !busy && onChoose(choice)}
                >
                  <Icon name={kind} />
                  <span className="tw-Types-label">{choice.label}</span>
                  {choice.name !== choice.label && <span className="tw-Types-name">{choice.name}</span>}
                  {current && <Icon name="check" size={14} />}
                </div>
              );
            })}
          </div>
        ))}
        {flat.length === 0 && <div className="tw-Filter-none">No type is called “{search}”.</div>}
      </div>
    </>
  );
}
