import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import type { KeyboardEvent, RefObject } from 'react';
import { createPortal } from 'react-dom';
import { adoptStyles } from '../styles';
import { Icon } from '../grid/drawing/icons';
import { IconButton } from '../grid/panels/controls';
import { place } from '../grid/panels/popover';
import { useGrid, useMode, useSessionState } from '../grid/panels/scope';
import type { Conversation, Talk } from './conversation';
import { examples, placeholder } from './examples';

const PAUSE = 130;
const MOST = 6;
const MOST_RECALLED = 3;

/** Something that could be said. */
interface Hint {
  text: string;
  /** It was said before. */
  recalled: boolean;
}

interface CommandFieldProps {
  conversation: Conversation;
  talk: Talk;
  input: RefObject<HTMLInputElement>;
  onClose: () => void;
}

/** Where commands are typed, with what could be said below it. */
export function CommandField({ conversation, talk, input, onClose }: CommandFieldProps) {
  const { schema, profiles } = useSessionState();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const { hints, ask, clear } = useHints(conversation);
  const [active, setActive] = useState(-1);
  const open = hints.length > 0;

  useEffect(() => setActive(-1), [hints]);

  const say = (text: string) => {
    clear();
    conversation.say(text);
    input.current?.focus();
  };
  const type = (text: string) => {
    conversation.write(text);
    conversation.recall.rest();
    ask(text, PAUSE);
  };
  const walk = (step: 1 | -1) => {
    const text = conversation.recall.walk(step, talk.text);
    if (text !== null) {
      conversation.write(text);
      clear();
    }
  };
  const enter = () => {
    const hint = hints[active];
    if (hint) {
      say(hint.text);
    } else if (conversation.ripe) {
      void conversation.apply();
    } else if (!conversation.proposal || talk.text.trim() !== talk.said) {
      say(talk.text);
    }
  };
  const move = (step: 1 | -1) => {
    if (open) {
      setActive(here => ((here < 0 && step < 0 ? 0 : here) + step + hints.length) % hints.length);
    } else if (step < 0) {
      walk(1);
    } else if (talk.text === '' || conversation.recall.walking) {
      if (conversation.recall.walking) {
        walk(-1);
      } else {
        ask('', 0);
      }
    } else {
      ask(talk.text, 0);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.altKey) {
      return;
    }
    switch (event.key) {
      case 'Enter':
        event.preventDefault();
        enter();
        break;
      case 'ArrowDown':
      case 'ArrowUp':
        event.preventDefault();
        move(event.key === 'ArrowDown' ? 1 : -1);
        break;
      case 'Tab': {
        const hint = hints[active];
        if (hint && !event.shiftKey) {
          event.preventDefault();
          type(hint.text);
        } else {
          clear();
        }
        break;
      }
      case 'Escape':
        if (open) {
          event.preventDefault();
          event.stopPropagation();
          clear();
        }
        break;
    }
  };
  return (
    <div ref={box} className="tw-Command-field">
      <Icon name="ask" />
      <input
        ref={input}
        type="text"
        className="tw-Command-input"
        role="combobox"
        aria-label="Say what is to be done"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
        placeholder={placeholder(schema.columns, profiles)}
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={talk.text}
        onChange={event => type(event.target.value)}
        onKeyDown={onKeyDown}
        onBlur={clear}
      />
      {talk.text !== '' && (
        <span className="tw-Command-key" aria-hidden="true">
          {conversation.ripe ? 'Enter applies' : talk.phase.is === 'told' && talk.text.trim() === talk.said ? '' : 'Enter'}
        </span>
      )}
      <IconButton small icon="close" label="Close the command bar" keys="Esc" onClick={onClose} />
      {open && <HintList id={id} anchor={box} hints={hints} active={active} onChoose={say} />}
    </div>
  );
}

interface HintListProps {
  id: string;
  anchor: RefObject<HTMLElement | null>;
  hints: readonly Hint[];
  active: number;
  onChoose: (text: string) => void;
}

/** What could be said, on top of everything; the keyboard stays in the field. */
function HintList({ id, anchor, hints, active, onChoose }: HintListProps) {
  const list = useRef<HTMLUListElement>(null);
  const mode = useMode();
  useLayoutEffect(() => {
    const element = list.current;
    const box = anchor.current?.getBoundingClientRect();
    if (element && box) {
      adoptStyles(element);
      element.style.width = `${box.width - 12}px`;
      const size = { width: box.width, height: element.offsetHeight };
      const { top } = place(box, size, { width: window.innerWidth, height: window.innerHeight });
      element.style.left = `${box.left + 6}px`;
      element.style.top = `${top}px`;
    }
  }, [anchor, hints]);
  return createPortal(
    <ul
      ref={list}
      id={`${id}-list`}
      className="tw-Scope tw-Hints"
      data-tw-theme={mode}
      role="listbox"
      aria-label="What could be said"
    >
      {hints.map((hint, nth) => (
        <li
          key={hint.text}
          id={`${id}-${nth}`}
          role="option"
          aria-selected={nth === active}
          className="tw-Hints-hint"
          onPointerDown={event => {
            event.preventDefault();
            onChoose(hint.text);
          }}
        >
          <Icon name={hint.recalled ? 'history' : 'ask'} size={14} />
          <span className="tw-Hints-text">{hint.text}</span>
          {hint.recalled && <span className="tw-Hints-note">said before</span>}
        </li>
      ))}
    </ul>,
    document.body
  );
}

/** What could be said, near to what stands in the field: asked for while typing rests. */
function useHints(conversation: Conversation) {
  const { session } = useGrid().controller;
  const [hints, setHints] = useState<readonly Hint[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const asked = useRef(0);
  const stop = () => {
    clearTimeout(timer.current);
    asked.current++;
  };
  useEffect(() => stop, []);
  const clear = () => {
    stop();
    setHints(before => (before.length ? [] : before));
  };
  const ask = (text: string, pause: number) => {
    stop();
    const mine = asked.current;
    const recalled = conversation.recall.like(text, MOST_RECALLED).map(each => ({ text: each, recalled: true }));
    const show = (found: readonly string[]) => {
      const known = new Set([text.trim(), ...recalled.map(each => each.text)]);
      const fresh = found.filter(each => !known.has(each)).map(each => ({ text: each, recalled: false }));
      if (mine === asked.current) {
        setHints([...recalled, ...fresh].slice(0, MOST));
      }
    };
    if (text.trim() === '' && pause > 0) {
      setHints([]);
      return;
    }
    timer.current = setTimeout(() => {
      session.asker
        .suggest(text, MOST)
        .then(show, () => show(text.trim() ? [] : examples(session.state.schema.columns, session.state.profiles)));
    }, pause);
  };
  return { hints, ask, clear };
}
