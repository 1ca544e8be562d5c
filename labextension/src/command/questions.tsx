import { useEffect, useRef } from 'react';
import type { KeyboardEvent } from 'react';
import type { Proposal } from '../protocol';
import { Icon } from '../grid/drawing/icons';
import type { Conversation, Talk } from './conversation';

interface OptionsProps {
  label: string;
  options: readonly string[];
  onChoose: (place: number) => void;
  /** Takes the keyboard at once. */
  eager?: boolean;
}

/** A few things to choose from: with a click, the arrow keys, or their numbers. */
function Options({ label, options, onChoose, eager = false }: OptionsProps) {
  const list = useRef<HTMLUListElement>(null);
  const focus = (place: number) => list.current?.querySelectorAll<HTMLElement>('button')[place]?.focus();
  useEffect(() => {
    if (eager) {
      focus(0);
    }
  }, [eager, options]);
  const onKeyDown = (event: KeyboardEvent) => {
    const buttons = [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
    const here = buttons.findIndex(button => button === document.activeElement);
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const number = Number(event.key);
    if (step && !event.altKey) {
      event.preventDefault();
      focus((here + step + buttons.length) % buttons.length);
    } else if (number >= 1 && number <= options.length) {
      event.preventDefault();
      onChoose(number - 1);
    }
  };
  return (
    <ul ref={list} className="tw-Command-options" aria-label={label} onKeyDown={onKeyDown}>
      {options.map((option, place) => (
        <li key={option}>
          <button type="button" className="tw-Command-option" onClick={() => onChoose(place)}>
            <kbd>{place + 1}</kbd>
            <span>{option}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** A command that may mean several things: which is meant. */
export function ChoiceView({ conversation, talk, proposal }: { conversation: Conversation; talk: Talk; proposal: Proposal }) {
  const readings = proposal.readings ?? [];
  return (
    <>
      <p className="tw-Command-line">
        <Icon name="info" size={14} />
        <span>This may mean {readings.length === 2 ? 'two' : readings.length} things. Which is meant?</span>
      </p>
      <Options label="Readings" options={readings} eager onChoose={place => conversation.say(talk.said, place + 1)} />
    </>
  );
}

/** A command that was not understood: why, and commands near to it that are. */
export function UnclearView({ conversation, proposal }: { conversation: Conversation; proposal: Proposal }) {
  const suggestions = proposal.suggestions ?? [];
  return (
    <>
      <p className="tw-Command-line tw-mod-unclear" role="alert">
        <Icon name="warning" size={14} />
        <span>{unclear(proposal.reason ?? '')} Nothing was done.</span>
      </p>
      {suggestions.length > 0 && (
        <>
          <p className="tw-Command-small">What would be understood:</p>
          <Options
            label="Commands that are understood"
            options={suggestions}
            onChoose={place => conversation.say(suggestions[place] ?? '')}
          />
        </>
      )}
      {(proposal.notes ?? []).map(note => (
        <p key={note} className="tw-Command-small">
          {note}
        </p>
      ))}
    </>
  );
}

/** The table says which words it did not understand; a longer reason is a sentence of its own. */
function unclear(reason: string): string {
  return !reason ? 'This was not understood.' : /[.!?]$/.test(reason) ? reason : `Not understood: “${reason}”.`;
}
