import { useCallback, useEffect, useRef, useState } from 'react';
import type { ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { brushOf, ChartDock, type Library, library, link } from '../chart';
import { CommandBar, Conversation } from '../command';
import type { Session } from '../session/api';
import { BAR_HEIGHT } from '../tree/place';
import { Cells } from './cells_view';
import { Control } from './control';
import { keepHeight } from './height';
import { command, isMac } from './input/keyboard';
import { actAnywhere } from './input/keys';
import { guardLeaving } from './leaving';
import { Shell } from './panels';
import { Reporter } from './people/news';

export interface GridOptions {
  /** In pixels; 0 leaves it to the grid. */
  height: number;
  /** The grid is as high as its element, whatever that is. */
  fill?: boolean;
  /** The table's name as channels open it; charts of it elsewhere on the page filter this grid. */
  table?: string;
  /** Where its charts have Plotly from. */
  library?: Library;
}

interface AppProps {
  control: Control;
  root: HTMLElement;
  conversation: Conversation;
  /** Gives the command bar room beside the cells. */
  lend: (pixels: number) => void;
  dock: ReactNode;
}

function App({ control, root, conversation, lend, dock }: AppProps) {
  const take = useRef<() => void>(() => undefined);
  const focusGrid = useCallback(() => take.current(), []);
  const ready = useCallback((focus: () => void) => {
    take.current = focus;
  }, []);
  const leave = useCallback(() => {
    root.focus({ preventScroll: true });
    control.say('Out of the cells. Press Enter to go back in.');
  }, [control, root]);
  return (
    <>
      <Shell
        controller={control}
        focusGrid={focusGrid}
        command={<CommandBar conversation={conversation} onHeight={lend} />}
        dock={dock}
      >
        <Cells control={control} onReady={ready} onLeave={leave} />
      </Shell>
      <Speech control={control} />
      <span className="tw-Grid-end" tabIndex={-1} />
    </>
  );
}

/** Says things to screen readers. The same words twice get a mark, or they would be heard once. */
function Speech({ control }: { control: Control }) {
  const [text, setText] = useState('');
  useEffect(() => control.onSpeech(next => setText(before => (before === next ? `${next}\u00a0` : next))), [control]);
  return (
    <div className="tw-Grid-speech" role="status" aria-live="polite">
      {text}
    </div>
  );
}

/** Keys that mean the same in the bars and panels as in the cells. In a text field, undo is the field's own. */
function onBars(event: KeyboardEvent, control: Control): boolean {
  const act = event.defaultPrevented ? undefined : command(event, isMac())?.do;
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (!act || (typing && (act === 'undo' || act === 'redo')) || !actAnywhere(act, control)) {
    return false;
  }
  event.preventDefault();
  return true;
}

/** Keys on the grid's own frame: in again, or further out to the notebook around it. */
function onFrame(event: KeyboardEvent, frame: HTMLElement, control: Control): void {
  event.stopPropagation();
  if (onBars(event, control) || event.target !== frame) {
    return;
  }
  if (event.key === 'Enter' || event.key === 'F2' || event.key.startsWith('Arrow')) {
    event.preventDefault();
    control.focus();
  } else if (event.key === '/') {
    event.preventDefault();
    control.command(true);
  } else if (event.key === 'Escape') {
    frame.closest<HTMLElement>('.jp-Notebook')?.focus();
  } else if (event.key === 'Tab' && !event.shiftKey) {
    // From the last element of the frame the browser goes on to what comes after the grid.
    frame.querySelector<HTMLElement>(':scope > .tw-Grid-end')?.focus({ preventScroll: true });
  }
}

/** The event by which a page opens a grid's command bar. */
const ASK_EVENT = 'tabweave:ask';

function hearOutside(frame: HTMLElement, control: Control): () => void {
  const open = () => control.command(true);
  frame.addEventListener(ASK_EVENT, open);
  return () => frame.removeEventListener(ASK_EVENT, open);
}

/**
 * Puts a grid into `el` and returns what takes it out again. The session stays the caller's.
 *
 * The keyboard gets out of the cells with Escape: the frame then has the focus, from where Tab goes on and Enter goes back.
 */
export function mountGrid(el: HTMLElement, session: Session, options: GridOptions): () => void {
  const frame = document.createElement('div');
  frame.className = 'tw-Grid';
  frame.tabIndex = -1;
  frame.setAttribute('role', 'group');
  frame.setAttribute('aria-label', 'Table editor');
  frame.dataset['jpSuppressContextMenu'] = '';
  frame.dataset['lmSuppressShortcuts'] = 'true';
  el.append(frame);
  const control = new Control(session);
  const reporter = new Reporter(control);
  const conversation = new Conversation(control);
  const leaves = [guardLeaving(session), () => reporter.dispose(), () => conversation.dispose(), hearOutside(frame, control)];
  const height = options.fill ? null : keepHeight(frame, session, options.height);
  if (height) {
    leaves.push(height.dispose);
  } else {
    frame.style.height = '100%';
  }
  const lend = (pixels: number) => height?.lend('command', pixels);
  let tree = session.state.tree !== null;
  leaves.push(
    session.subscribe(() => {
      if (tree !== (session.state.tree !== null)) {
        tree = !tree;
        height?.lend('tree', tree ? BAR_HEIGHT : 0);
      }
    })
  );
  const brush = brushOf(session);
  leaves.push(link(options.table ?? '', brush));
  const grow = (pixels: number) => height?.lend('chart', pixels);
  const dock = <ChartDock library={options.library ?? library([])} brush={brush} onHeight={grow} />;
  const keydown = (event: KeyboardEvent) => onFrame(event, frame, control);
  frame.addEventListener('keydown', keydown);
  const root = createRoot(frame);
  flushSync(() => root.render(<App control={control} root={frame} conversation={conversation} lend={lend} dock={dock} />));
  return () => {
    frame.removeEventListener('keydown', keydown);
    leaves.forEach(leave => leave());
    root.unmount();
    control.dispose();
    frame.remove();
  };
}
