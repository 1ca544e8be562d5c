/** What stands below the input over a total: how it reads, what it would do, and the methods to choose from. */
import { useEffect, useReducer, useRef } from 'react';
import { Icon } from '../grid/drawing/icons';
import { effectText, remark, spreadText } from './wording';
import type { Typing } from './typing';

export const NOTE_WIDTH = 340;

export function SpreadNote({ typing }: { typing: Typing }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => typing.subscribe(redraw), [typing]);
  const { state } = typing;
  if (!state) {
    return null;
  }
  const { op, found, problem, list, leaves } = state;
  const method = op?.targets[0]?.method?.by ?? 'proportional';
  const [total] = found?.totals ?? [];
  return (
    <div className="tw-Spread">
      {problem ? (
        <div className="tw-Spread-problem" role="alert">
          <div>{problem.text}</div>
          {problem.hint && <div className="tw-Spread-hint">{problem.hint}</div>}
        </div>
      ) : (
        <div className="tw-Spread-line" role="status">
          <span className="tw-Spread-says">{spreadText(found?.rows ?? leaves, method)}</span>
          {found && <span className="tw-Spread-effect">{effectText(found)}</span>}
          {total && remark(total) && <span className="tw-Spread-hint">{remark(total)}</span>}
        </div>
      )}
      {list ? (
        <Methods typing={typing} />
      ) : (
        <div className="tw-Spread-foot">
          <button
            type="button"
            className="tw-Spread-choose"
            tabIndex={-1}
            onMouseDown={event => event.preventDefault()}
            onClick={() => typing.offer(true)}
          >
            Method <Icon name="down" size={12} />
          </button>
          <span>Alt+↓ methods · Ctrl+Enter preview</span>
        </div>
      )}
    </div>
  );
}

function Methods({ typing }: { typing: Typing }) {
  const list = typing.state?.list;
  const active = useRef<HTMLDivElement>(null);
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest' });
  }, [list?.active]);
  return (
    <div className="tw-Choices" role="listbox" id={typing.id} aria-label="Methods">
      {list?.items.map(({ form, says }, place) => (
        <div
          key={form}
          ref={place === list.active ? active : undefined}
          id={`${typing.id}-${place}`}
          role="option"
          aria-selected={place === list.active}
          className={place === list.active ? 'tw-Choices-item tw-mod-active' : 'tw-Choices-item'}
          onClick={() => typing.take(place)}
        >
          {form}
          <span className="tw-Spread-means">{says}</span>
        </div>
      ))}
    </div>
  );
}
