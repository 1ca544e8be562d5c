/** The line over a tree: which rollup it is, how far it is open, what is held, and the way back to the rows. */
import { useRef, type KeyboardEvent } from 'react';
import { Icon } from '../grid/drawing/icons';
import { Button, IconButton } from '../grid/panels/controls';
import { follow } from '../grid/panels/report';
import { useGrid, useSessionState } from '../grid/panels/scope';
import { spell } from './definition';
import { levelOf } from './nodes';
import { useTree } from './status';

export function TreeBar() {
  const { tree } = useSessionState();
  return tree ? <Bar /> : null;
}

function Bar() {
  const { controller, focusGrid } = useGrid();
  const { tree, base, view } = useSessionState();
  const { acts, state } = useTree();
  if (!tree) {
    return null;
  }
  const levels = tree.levels.length;
  const now = view.tree ? levelOf(view.tree, levels) : undefined;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      focusGrid();
    }
  };
  return (
    <div className="tw-TreeBar" role="toolbar" aria-label="Rollup" onKeyDown={onKeyDown}>
      <button
        type="button"
        className="tw-TreeBar-name"
        title="Change the rollup"
        onClick={event => controller.open({ kind: 'rollup', anchor: event.currentTarget.getBoundingClientRect() })}
      >
        <Icon name="rollup" size={14} />
        {tree.rollup.name && <b>{tree.rollup.name}</b>}
        <span className="tw-TreeBar-text">{spell(tree.rollup, base.columns)}</span>
        <Icon name="down" size={12} />
      </button>
      <div className="tw-TreeBar-levels" role="group" aria-label="Open to level">
        {Array.from({ length: levels }, (_, place) => place + 1).map(level => (
          <button
            key={level}
            type="button"
            className="tw-TreeBar-level"
            aria-pressed={now === level}
            aria-label={`Open to level ${level}, ${tree.levels[level - 1] ?? ''}`}
            title={`Open to ${tree.levels.slice(0, level).join(' > ')}`}
            onClick={() => follow(controller, acts.level(level === levels ? null : level))}
          >
            {level}
          </button>
        ))}
      </div>
      {state.holds.length > 0 && (
        <span className="tw-Chip tw-TreeBar-holds">
          <span className="tw-Chip-label">
            <Icon name="pin" size={12} />
            <span className="tw-Chip-text">{state.holds.length} held</span>
          </span>
          <button
            type="button"
            className="tw-Chip-remove"
            aria-label="Hold nothing"
            title="Hold nothing"
            onClick={() => acts.release()}
          >
            <Icon name="close" size={12} />
          </button>
        </span>
      )}
      {(tree.remarks ?? []).length > 0 && (
        <span className="tw-TreeBar-remark" role="note" title={tree.remarks?.join('\n')}>
          <Icon name="info" size={14} />
          <span className="tw-TreeBar-text">{tree.remarks?.[0]}</span>
        </span>
      )}
      <span className="tw-Page-space" />
      <Button
        look="quiet"
        icon="left"
        label="Back to rows"
        onClick={() => {
          follow(controller, acts.leave());
          focusGrid();
        }}
      />
    </div>
  );
}

/** The button that opens the panel in which a rollup is put together. */
export function RollupButton() {
  const { controller } = useGrid();
  const { tree, base } = useSessionState();
  const around = useRef<HTMLSpanElement>(null);
  const open = () => {
    const anchor = around.current?.firstElementChild?.getBoundingClientRect() ?? new DOMRect();
    controller.open({ kind: 'rollup', anchor });
  };
  return base.columns.length > 0 ? (
    <span ref={around} className="tw-TreeBar-open">
      <IconButton icon="rollup" label="Roll up…" pressed={tree !== null} onClick={open} />
    </span>
  ) : null;
}
