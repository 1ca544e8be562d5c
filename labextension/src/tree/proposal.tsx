/** What a large write would do, before it is done: how many rows, the biggest changes, before and after. */
import { useCallback, useState } from 'react';
import type { SpreadPreview, Total } from '../protocol';
import type { Panel } from '../grid/controller';
import { Button } from '../grid/panels/controls';
import { formatCount, plural } from '../grid/panels/figures';
import { Popover } from '../grid/panels/popover';
import { FailureNote } from '../grid/panels/refused';
import { useGrid } from '../grid/panels/scope';
import { explain, type Failure } from '../grid/panels/wording';
import { written } from './nodes';
import { useTree } from './status';
import { doneText, remark, shownNumber } from './wording';

const MOST = 12;

export function ProposalPanel({ panel }: { panel: Extract<Panel, { kind: 'proposal' }> }) {
  const { controller, focusGrid } = useGrid();
  const { acts, state } = useTree();
  const [failure, setFailure] = useState<Failure | null>(null);
  const [busy, setBusy] = useState(false);
  const close = useCallback(() => {
    acts.decline();
    controller.close();
  }, [acts, controller]);
  const { proposal } = state;
  if (!proposal) {
    return null;
  }
  const { found } = proposal;
  const accept = () => {
    setBusy(true);
    acts.accept().then(
      outcome => {
        setBusy(false);
        if (outcome?.ok) {
          controller.close();
          focusGrid();
          controller.notify({
            level: 'info',
            text: doneText(outcome, found.totals[0]?.name ?? '', proposal.text),
            action: { label: 'Undo', run: () => void controller.undo() }
          });
        } else if (outcome) {
          const { code, message, hint = '' } = outcome.nack;
          const again = code === 'CONFLICT';
          setFailure(
            again ? { message: 'The table has changed meanwhile.', hint: 'This is what it would do now.' } : { message, hint }
          );
        }
      },
      (reason: unknown) => {
        setBusy(false);
        setFailure(explain(reason));
      }
    );
  };
  return (
    <Popover anchor={panel.anchor} label="Preview" width={430} onClose={close}>
      <div className="tw-Page-title">
        <h2>This spreads to {plural(found.rows, 'row')}</h2>
      </div>
      <div className="tw-Page-body">
        {found.totals.length > 1 ? (
          <Totals found={found} />
        ) : (
          found.totals.map(total => <OneTotal key={total.name} total={total} />)
        )}
        {failure && <FailureNote failure={failure} />}
      </div>
      <div className="tw-Page-actions">
        <span className="tw-Spread-hint tw-Proposal-said">Nothing is written yet.</span>
        <span className="tw-Page-space" />
        <Button
          label="Cancel"
          onClick={() => {
            close();
            focusGrid();
          }}
        />
        <Button look="primary" first label={busy ? 'Writing …' : 'Apply'} disabled={busy} onClick={accept} />
      </div>
    </Popover>
  );
}

/** One total: what it becomes, and where the rows below it change most. */
function OneTotal({ total }: { total: Total }) {
  const largest = total.largest ?? [];
  return (
    <section className="tw-Proposal">
      <p className="tw-Proposal-total">
        <span className="tw-Proposal-name">
          {total.measure} of {total.name}
        </span>
        {total.after !== '' && (
          <span className="tw-Proposal-figures">
            <del>{shownNumber(total.before)}</del> <ins>{shownNumber(total.after)}</ins>
          </span>
        )}
      </p>
      <p className="tw-Spread-hint">
        {formatCount(total.changed)} of {plural(total.rows, 'row')} would change. {remark(total)}
      </p>
      {largest.length > 0 && (
        <Changes
          title="The biggest changes"
          rows={largest.slice(0, MOST).map(({ path, before, after }) => ({ name: written(path), before, after }))}
        />
      )}
    </section>
  );
}

/** Several totals, a line for each. */
function Totals({ found: { totals, rows, changed } }: { found: SpreadPreview }) {
  const remarks = [...new Set(totals.map(remark).filter(Boolean))];
  return (
    <section className="tw-Proposal">
      <p className="tw-Spread-hint">
        {formatCount(changed)} of {plural(rows, 'row')} would change. {remarks.join(' ')}
      </p>
      <Changes
        title="The totals"
        rows={totals.slice(0, MOST).map(({ measure, name, before, after }) => ({ name: `${measure} of ${name}`, before, after }))}
      />
      {totals.length > MOST && <p className="tw-Spread-hint">And {plural(totals.length - MOST, 'other total')}.</p>}
    </section>
  );
}

interface Change {
  name: string;
  before: string | null;
  after: string | null;
}

function Changes({ title, rows }: { title: string; rows: readonly Change[] }) {
  return (
    <table className="tw-Proposal-table" aria-label={title}>
      <thead>
        <tr>
          <th scope="col">{title}</th>
          <th scope="col">before</th>
          <th scope="col">after</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, before, after }, place) => (
          <tr key={place}>
            <th scope="row" title={name}>
              {name}
            </th>
            <td>{shownNumber(before)}</td>
            <td>{shownNumber(after)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
