import { useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { SessionState } from '../../session/api';
import { RollupButton } from '../../tree/bar';
import { Icon, type IconName } from '../drawing/icons';
import { keyHint } from './cell_menu';
import { Chips } from './chips';
import { Button, IconButton } from './controls';
import { formatCount, plural } from './figures';
import { People } from './people';
import { follow } from './report';
import { useGrid, useGridState, useSessionState } from './scope';

const PAUSE = 200;

/** Whether what was done is safe, in one word. */
export function savedState(state: Pick<SessionState, 'connection' | 'unsaved'>): { word: string; icon: IconName; level: string } {
  const unsaved = state.unsaved > 0 ? `${formatCount(state.unsaved)} unsaved — ` : '';
  switch (state.connection) {
    case 'gone':
      return { word: unsaved ? `${unsaved}gone` : 'Gone', icon: 'offline', level: 'lost' };
    case 'offline':
      return { word: unsaved ? `${unsaved}offline` : 'Offline', icon: 'offline', level: 'lost' };
    case 'connecting':
      return { word: unsaved ? `${unsaved}connecting …` : 'Connecting …', icon: 'saving', level: 'busy' };
    case 'open':
      return state.unsaved > 0
        ? { word: 'Saving …', icon: 'saving', level: 'busy' }
        : { word: 'Saved', icon: 'saved', level: 'good' };
  }
}

function Saved() {
  const state = useSessionState();
  const { word, icon, level } = savedState(state);
  const detail =
    state.unsaved > 0 ? `${plural(state.unsaved, 'edit')} not confirmed yet` : state.notice || 'Every edit is in the table.';
  return (
    <span className={`tw-Saved tw-mod-${level}`} role="status" title={detail}>
      <Icon name={icon} />
      <span className="tw-Saved-word">{word}</span>
    </span>
  );
}

function QuickSearch() {
  const { controller, focusGrid } = useGrid();
  const { view } = useSessionState();
  const current = view.search ?? '';
  const [text, setText] = useState(current);
  const asked = useRef(current);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);

  useEffect(() => {
    if (current !== asked.current) {
      asked.current = current;
      setText(current);
    }
  }, [current]);
  useEffect(() => () => clearTimeout(timer.current), []);

  const search = (next: string, pause: number) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (next !== asked.current) {
        asked.current = next;
        follow(controller, controller.search(next));
      }
    }, pause);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Enter') {
      event.preventDefault();
      search(text, 0);
    } else if (event.key === 'Escape') {
      event.preventDefault();
      if (text !== '') {
        search('', 0);
      }
      focusGrid();
    }
  };
  return (
    <div className="tw-Search" role="search">
      <Icon name="search" size={14} />
      <input
        type="text"
        className="tw-Search-input"
        aria-label="Search all columns"
        placeholder="Search"
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={event => search(event.target.value, PAUSE)}
        onKeyDown={onKeyDown}
      />
      {text !== '' && <IconButton small icon="close" label="Clear the search" onClick={() => search('', 0)} />}
    </div>
  );
}

/** One line over the cells: what table this is, what the view does to it, and the commands that are not on a cell or column. */
export function Toolbar() {
  const { controller, focusGrid } = useGrid();
  const { panel, commanding } = useGridState();
  const { name, rows, total, stale, canUndo, canRedo, readOnly, tree } = useSessionState();
  const toggle = (kind: 'code' | 'history') => (panel.kind === kind ? controller.close() : controller.open({ kind }));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.preventDefault();
      controller.close();
      focusGrid();
    }
  };
  return (
    <div className="tw-Toolbar" role="toolbar" aria-label={name ? `Table ${name}` : 'Table'} onKeyDown={onKeyDown}>
      <span className="tw-Toolbar-name" title={name}>
        {name || 'Table'}
      </span>
      <span className="tw-Toolbar-rows">
        {tree
          ? plural(tree.rows, 'row')
          : rows === total
            ? plural(total, 'row')
            : `${formatCount(rows)} of ${formatCount(total)}`}
      </span>
      <QuickSearch />
      <Chips />
      {stale && (
        <Button
          look="quiet"
          icon="refresh"
          label="Re-apply"
          title="Values have changed since the sort or filter was made. Rows stay where they are until you re-apply it."
          onClick={() => follow(controller, controller.session.refreshView())}
        />
      )}
      <span className="tw-Page-space" />
      {!readOnly && (
        <span className="tw-Toolbar-group">
          <IconButton
            icon="undo"
            label="Undo"
            keys={keyHint('Ctrl+Z')}
            disabled={!canUndo}
            onClick={() => follow(controller, controller.undo())}
          />
          <IconButton
            icon="redo"
            label="Redo"
            keys={keyHint('Ctrl+Y')}
            disabled={!canRedo}
            onClick={() => follow(controller, controller.redo())}
          />
        </span>
      )}
      <span className="tw-Toolbar-group">
        <RollupButton />
        <IconButton
          icon="ask"
          label="Ask in plain words"
          keys={keyHint('Ctrl+K')}
          pressed={commanding > 0}
          onClick={() => controller.command(commanding === 0)}
        />
        <IconButton
          icon="find"
          label="Find and replace"
          keys={keyHint('Ctrl+F')}
          pressed={panel.kind === 'find'}
          onClick={() => (panel.kind === 'find' ? controller.close() : controller.open({ kind: 'find', replace: false }))}
        />
        <IconButton icon="history" label="History" pressed={panel.kind === 'history'} onClick={() => toggle('history')} />
        <IconButton icon="code" label="Copy what I did as code" pressed={panel.kind === 'code'} onClick={() => toggle('code')} />
      </span>
      <People />
      <Saved />
    </div>
  );
}
