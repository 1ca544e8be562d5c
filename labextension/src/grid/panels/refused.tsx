import type { Nack } from '../../protocol';
import { Icon } from '../drawing/icons';
import { formatCount, plural } from './figures';
import type { Failure } from './wording';

/** What went wrong, in place. */
export function FailureNote({ failure }: { failure: Failure }) {
  return (
    <div className="tw-Refusal" role="alert">
      <Icon name="warning" size={14} />
      <div>
        <div className="tw-Refusal-message">{failure.message}</div>
        {failure.hint && <div className="tw-Refusal-hint">{failure.hint}</div>}
      </div>
    </div>
  );
}

/** A refused operation: why, what would be accepted, and the cells that did not fit. */
export function Refused({ nack }: { nack: Nack }) {
  const bad = nack.bad ?? [];
  const total = nack.n_bad ?? bad.length;
  return (
    <div className="tw-Refusal-whole">
      <FailureNote failure={{ message: nack.message, hint: nack.hint ?? '' }} />
      {bad.length > 0 && (
        <>
          <ul
            className="tw-Refusal-cells"
            tabIndex={0}
            aria-label={plural(total, 'cell that does not fit', 'cells that do not fit')}
          >
            {bad.map(cell => (
              <li key={`${cell.row}:${cell.column}`} className="tw-Refusal-cell">
                <span className="tw-Refusal-row">row {formatCount(cell.row + 1)}</span>
                <span className="tw-Refusal-text">{cell.text === '' ? 'empty' : cell.text}</span>
                <span className="tw-Refusal-why">
                  {cell.message}
                  {cell.hint && ` ${cell.hint}`}
                </span>
              </li>
            ))}
          </ul>
          {total > bad.length && <div className="tw-Refusal-more">and {formatCount(total - bad.length)} more</div>}
        </>
      )}
    </div>
  );
}
