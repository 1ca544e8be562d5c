import { useCallback, useEffect, useLayoutEffect, useRef, useSyncExternalStore } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { Button } from '../grid/panels/controls';
import { FailureNote } from '../grid/panels/refused';
import { useGrid, useGridState } from '../grid/panels/scope';
import { AnswerView } from './answer';
import { ChangeView } from './change';
import type { Conversation, Phase, Talk } from './conversation';
import { CommandField } from './field';
import { ChoiceView, UnclearView } from './questions';

function useTalk(conversation: Conversation): Talk {
  return useSyncExternalStore(
    useCallback(listener => conversation.subscribe(listener), [conversation]),
    () => conversation.state
  );
}

interface CommandBarProps {
  conversation: Conversation;
  /** Hears how high the bar is. */
  onHeight: (pixels: number) => void;
}

/** The line for commands in plain words, and below it what they come to; there while it is called for. */
export function CommandBar(props: CommandBarProps) {
  const { commanding } = useGridState();
  return commanding > 0 ? <OpenBar {...props} calls={commanding} /> : null;
}

function OpenBar({ conversation, onHeight, calls }: CommandBarProps & { calls: number }) {
  const { controller, focusGrid } = useGrid();
  const talk = useTalk(conversation);
  const bar = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    field.current?.select();
  }, [calls]);
  useEffect(() => () => conversation.discard(), [conversation]);
  // A button that was pressed and is gone takes the focus with it.
  useEffect(() => {
    if (document.activeElement === document.body) {
      field.current?.focus({ preventScroll: true });
    }
  }, [talk.phase]);
  useHeight(bar, onHeight);

  const close = () => {
    controller.command(false);
    focusGrid();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    const jump = event.altKey && (event.key === 'ArrowDown' || event.key === 'ArrowUp');
    const control = event.ctrlKey || event.metaKey;
    if (event.key === 'Escape') {
      event.preventDefault();
      if (conversation.holds) {
        conversation.discard();
        field.current?.focus();
      } else {
        close();
      }
    } else if (jump) {
      event.preventDefault();
      void conversation.jump(event.key === 'ArrowDown' ? 1 : -1);
    } else if (control && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    }
  };
  return (
    <div ref={bar} className="tw-Command" role="region" aria-label="Command" onKeyDown={onKeyDown}>
      <CommandField conversation={conversation} talk={talk} input={field} onClose={close} />
      <Told conversation={conversation} talk={talk} />
    </div>
  );
}

/** What is told of a command. */
function Told({ conversation, talk }: { conversation: Conversation; talk: Talk }) {
  const { phase } = talk;
  if (phase.is === 'idle') {
    return null;
  }
  return (
    <div className="tw-Command-body" data-phase={phase.is === 'told' ? phase.proposal.outcome : phase.is}>
      <Outcome conversation={conversation} talk={talk} phase={phase} />
    </div>
  );
}

function Outcome({ conversation, talk, phase }: { conversation: Conversation; talk: Talk; phase: Phase }) {
  switch (phase.is) {
    case 'idle':
      return null;
    case 'asking':
      return (
        <div className="tw-Command-wait" role="status">
          <span className="tw-Command-spinner" aria-hidden="true" />
          {phase.stage || 'Working it out …'}
          <Button look="quiet" label="Cancel" onClick={() => conversation.discard()} />
        </div>
      );
    case 'refused':
      return <FailureNote failure={phase.failure} />;
    case 'told':
      switch (phase.proposal.outcome) {
        case 'change':
          return <ChangeView conversation={conversation} talk={talk} proposal={phase.proposal} />;
        case 'answer':
          return <AnswerView conversation={conversation} talk={talk} proposal={phase.proposal} arrow={phase.arrow} />;
        case 'choice':
          return <ChoiceView conversation={conversation} talk={talk} proposal={phase.proposal} />;
        case 'unclear':
          return <UnclearView conversation={conversation} proposal={phase.proposal} />;
      }
  }
}

/** Tells the height of an element, and 0 when it goes. */
function useHeight(element: RefObject<HTMLElement | null>, tell: (pixels: number) => void): void {
  const told = useRef(tell);
  told.current = tell;
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) {
      return undefined;
    }
    const say = () => told.current(target.offsetHeight);
    say();
    const watch = new ResizeObserver(say);
    watch.observe(target);
    return () => {
      watch.disconnect();
      told.current(0);
    };
  }, [element]);
}
