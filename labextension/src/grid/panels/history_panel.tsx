import { useEffect, useRef, useState } from 'react';
import type { Change, Person } from '../../protocol';
import { Button } from './controls';
import { formatAge, formatCount } from './figures';
import { FailureNote } from './refused';
import { report } from './report';
import { useGrid, useSessionState } from './scope';
import { Side } from './side';
import { explain, type Failure } from './wording';

/** Up to two letters for a person. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const letters = words.length > 1 ? [words[0]?.[0], words.at(-1)?.[0]] : [...(words[0] ?? '?')].slice(0, 2);
  return letters.join('').toUpperCase();
}

function Face({ person }: { person: Person }) {
  return (
    <span className="tw-History-face" style={person.color ? { borderColor: person.color } : undefined} aria-hidden="true">
      {initials(person.name || '?')}
    </span>
  );
}

interface HistoryPanelProps {
  row: number | undefined;
  column: number | undefined;
}

/** The newest changes, of the table or of one cell; each can be undone from here. */
export function HistoryPanel({ row, column }: HistoryPanelProps) {
  const { controller } = useGrid();
  const { session } = controller;
  const { rev, readOnly } = useSessionState();
  const [changes, setChanges] = useState<Change[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const rid = useRef(row === undefined ? undefined : session.rid(row));
  const ofCell = rid.current !== undefined && column !== undefined;

  useEffect(() => {
    let wanted = true;
    const of = rid.current !== undefined && column !== undefined ? { rid: rid.current, column } : undefined;
    session.history(of).then(
      found => {
        if (wanted) {
          setChanges(found);
          setFailure(null);
        }
      },
      (reason: unknown) => wanted && setFailure(explain(reason))
    );
    return () => {
      wanted = false;
    };
  }, [session, column, rev]);

  const name = column === undefined ? undefined : session.column(column)?.name;
  const now = Date.now() / 1000;
  return (
    <Side title="History" {...(ofCell && name ? { detail: `${name}, row ${formatCount((row ?? 0) + 1)}` } : {})}>
      {failure && <FailureNote failure={failure} />}
      <ol className="tw-History" tabIndex={0} aria-label="Changes, newest first" aria-busy={changes === null}>
        {changes?.map(change => (
          <li key={change.rev} className={change.undone ? 'tw-History-change tw-mod-undone' : 'tw-History-change'}>
            <Face person={change.user} />
            <div className="tw-History-what">
              <div className="tw-History-summary">{change.summary}</div>
              <div className="tw-History-when" title={new Date(change.time * 1000).toLocaleString()}>
                {change.user.name} · {formatAge(change.time, now)}
                {change.undone && ' · undone'}
              </div>
            </div>
            {!readOnly && !change.undone && (change.undo_of === undefined || change.undo_of === null) && (
              <Button
                look="quiet"
                label="Undo"
                title={`Undo “${change.summary}”`}
                onClick={() => report(controller, session.apply({ kind: 'undo', ref: change.rev }))}
              />
            )}
          </li>
        ))}
      </ol>
      {changes?.length === 0 && (
        <p className="tw-Side-empty">{ofCell ? 'This cell has not been changed here.' : 'Nothing has been changed yet.'}</p>
      )}
    </Side>
  );
}
