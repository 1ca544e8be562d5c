import { useEffect, useRef, useState } from 'react';
import type { Change, Column, Scalar } from '../../protocol';
import { formatValue, fromJson } from '../../values';
import { Button } from './controls';
import { formatAge, formatCount } from './figures';
import { Face } from './people';
import { FailureNote } from './refused';
import { report } from './report';
import { useGrid, useLately, useSessionState } from './scope';
import { Side } from './side';
import { explain, type Failure } from './wording';

/** Values of a cell: the one before struck out, and the one after. */
function Values({ column, cell }: { column: Column; cell: readonly Scalar[] }) {
  const [before, after] = cell.map(value => formatValue(column, fromJson(column, value)) || 'missing');
  return (
    <div className="tw-History-values">
      <del>{before}</del> → <ins>{after}</ins>
    </div>
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
  const { rev, readOnly, role, user } = useSessionState();
  const [changes, setChanges] = useState<Change[] | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);
  const rid = useRef(row === undefined ? undefined : session.rid(row));
  const ofCell = rid.current !== undefined && column !== undefined;

  const seen = useLately(rev);
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
  }, [session, column, seen]);

  const of = column === undefined ? undefined : session.column(column);
  const name = of?.name;
  const locked = readOnly || (of?.editable === false ? of.why || 'This column is read-only.' : '');
  const mayUndo = (change: Change) => !readOnly && (role === null || change.user.id === user?.id);
  const restore = (value: Scalar) => {
    if (of && rid.current !== undefined) {
      const block = { columns: [of.id], rows: [rid.current], values: [[value]] };
      report(controller, session.apply({ kind: 'set_cells', blocks: [block], input: 'value' }));
    }
  };
  const oldest = changes?.at(-1);
  const now = Date.now() / 1000;
  return (
    <Side title="History" {...(ofCell && name ? { detail: `${name}, row ${formatCount((row ?? 0) + 1)}` } : {})}>
      {failure && <FailureNote failure={failure} />}
      <ol className="tw-History" tabIndex={0} aria-label="Changes, newest first" aria-busy={changes === null}>
        {changes?.map((change, place) => (
          <li key={change.rev} className={change.undone ? 'tw-History-change tw-mod-undone' : 'tw-History-change'}>
            <Face person={change.user} size={26} />
            <div className="tw-History-what">
              {of && change.cell ? (
                <Values column={of} cell={change.cell} />
              ) : (
                <div className="tw-History-summary">{change.summary}</div>
              )}
              <div className="tw-History-when" title={new Date(change.time * 1000).toLocaleString()}>
                {change.user.name} · {formatAge(change.time, now)}
                {change.undone && ' · undone'}
              </div>
            </div>
            {of && change.cell && place > 0 && !locked && (
              <Button
                look="quiet"
                label="Restore"
                title={`Put ${formatValue(of, fromJson(of, change.cell[1] ?? null)) || 'missing'} into the cell again`}
                onClick={() => restore(change.cell?.[1] ?? null)}
              />
            )}
            {!change.cell && mayUndo(change) && !change.undone && (change.undo_of === undefined || change.undo_of === null) && (
              <Button
                look="quiet"
                label="Undo"
                title={`Undo “${change.summary}”`}
                onClick={() => report(controller, session.apply({ kind: 'undo', ref: change.rev }))}
              />
            )}
          </li>
        ))}
        {of && oldest?.cell && (
          <li className="tw-History-change">
            <div className="tw-History-what tw-mod-first">
              <div className="tw-History-when">Before that</div>
              <div className="tw-History-values">
                <ins>{formatValue(of, fromJson(of, oldest.cell[0] ?? null)) || 'missing'}</ins>
              </div>
            </div>
            {!locked && <Button look="quiet" label="Restore" onClick={() => restore(oldest.cell?.[0] ?? null)} />}
          </li>
        )}
      </ol>
      {changes?.length === 0 && (
        <p className="tw-Side-empty">{ofCell ? 'This cell has not been changed here.' : 'Nothing has been changed yet.'}</p>
      )}
    </Side>
  );
}
