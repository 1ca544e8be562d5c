import { useEffect, useLayoutEffect, useReducer, useRef, type ReactNode, type RefObject } from 'react';
import { createPortal } from 'react-dom';
import { dayNumber } from '../../calendar';
import { adoptStyles } from '../../styles';
import { NOTE_WIDTH, SpreadNote } from '../../tree/note';
import { Icon } from '../drawing/icons';
import { place } from '../panels/popover';
import { useMode } from '../panels/scope';
import type { Box } from '../view';
import { DatePicker, readDay, withDay } from './datepicker';
import type { Desk } from './desk';
import type { Editing } from './editor';

const WIDTHS = { calendar: 244, refused: 340, choices: 180 };

function now(): number {
  const date = new Date();
  return dayNumber(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

/** What stands below the editor's input: why a text was refused, the choices of a category, a calendar. */
export function EditorPopup({ desk, layer }: { desk: Desk; layer: RefObject<HTMLDivElement | null> }) {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const { editor } = desk;
  useEffect(() => editor.subscribe(redraw), [editor]);
  const editing = editor.state;
  if (!editing?.box || !layer.current) {
    return null;
  }
  const tree = desk.control.tree.shown !== null;
  const dated = editing.target.column.kind === 'date' || editing.target.column.kind === 'timestamp';
  const calendar = editing.calendar !== 'closed' && dated;
  const choices = (editor.choices.state?.items.length ?? 0) > 0;
  return (
    <>
      {dated && <CalendarButton desk={desk} editing={editing} />}
      {(editing.refused || calendar || choices || tree) && (
        <Below desk={desk} layer={layer.current} box={editing.box} width={tree ? NOTE_WIDTH : width(editing, calendar)}>
          {editing.refused && <RefusedNote desk={desk} editing={editing} />}
          {calendar && <Calendar desk={desk} editing={editing} />}
          {choices && <ChoicePanel desk={desk} />}
          {tree && !editing.refused && <SpreadNote typing={desk.typing} />}
        </Below>
      )}
    </>
  );
}

function width({ box, refused }: Editing, calendar: boolean): number {
  return calendar ? WIDTHS.calendar : refused ? WIDTHS.refused : Math.max(box?.width ?? 0, WIDTHS.choices);
}

interface BelowProps {
  desk: Desk;
  layer: HTMLElement;
  box: Box;
  width: number;
  children: ReactNode;
}

/** A panel at the input's lower edge, in the body of the document, where no output area clips it. */
function Below({ desk, layer, box, width, children }: BelowProps) {
  const root = useRef<HTMLDivElement>(null);
  const mode = useMode();
  useLayoutEffect(() => {
    const element = root.current;
    if (!element) {
      return undefined;
    }
    adoptStyles(element);
    const settle = () => {
      const { left, top } = layer.getBoundingClientRect();
      const anchor = new DOMRect(left + box.x, top + box.y, box.width, box.height);
      const size = { width: element.offsetWidth, height: element.offsetHeight };
      const spot = place(anchor, size, { width: window.innerWidth, height: window.innerHeight });
      element.style.left = `${spot.left}px`;
      element.style.top = `${spot.top}px`;
    };
    settle();
    const watch = new ResizeObserver(settle);
    watch.observe(element);
    window.addEventListener('scroll', settle, { capture: true, passive: true });
    window.addEventListener('resize', settle);
    return () => {
      watch.disconnect();
      window.removeEventListener('scroll', settle, { capture: true });
      window.removeEventListener('resize', settle);
    };
  }, [layer, box]);
  return createPortal(
    <div
      ref={root}
      className="tw-Scope tw-Editor-popup"
      data-tw-theme={mode}
      data-lm-suppress-shortcuts="true"
      data-jp-suppress-context-menu=""
      style={{ width }}
      onMouseDown={event => event.preventDefault()}
      onKeyDown={event => event.stopPropagation()}
      onBlur={event => {
        const to = event.relatedTarget;
        const inside = to instanceof Node && (root.current?.contains(to) || layer.contains(to));
        if (document.hasFocus() && !inside) {
          desk.editor.commit();
        }
      }}
    >
      {children}
    </div>,
    document.body
  );
}

function RefusedNote({ desk, editing }: { desk: Desk; editing: Editing }) {
  const { refused } = editing;
  if (!refused) {
    return null;
  }
  return (
    <div className="tw-Editor-refused" role="alert" id={`${desk.editor.choices.id}-reason`}>
      <div className="tw-Editor-reason">{refused.reason}</div>
      {refused.hint && <div className="tw-Editor-hint">{refused.hint}</div>}
      {refused.offer && (
        <button type="button" className="tw-Editor-offer" onClick={() => void desk.accept()}>
          {refused.offer.label}
        </button>
      )}
    </div>
  );
}

function CalendarButton({ desk, editing }: { desk: Desk; editing: Editing }) {
  const { box } = editing;
  if (!box) {
    return null;
  }
  return (
    <button
      type="button"
      className="tw-Editor-calendar"
      aria-label="Open the calendar"
      aria-expanded={editing.calendar !== 'closed'}
      tabIndex={-1}
      style={{ left: box.x + box.width - 25, top: box.y + 2, height: Math.min(box.height, 30) - 4 }}
      onMouseDown={event => event.preventDefault()}
      onClick={() => {
        desk.editor.showCalendar(editing.calendar === 'closed' ? 'open' : 'closed');
        desk.editor.focus();
      }}
    >
      <Icon name="date" size={14} />
    </button>
  );
}

function Calendar({ desk, editing }: { desk: Desk; editing: Editing }) {
  const { editor } = desk;
  const timed = editing.target.column.kind === 'timestamp';
  const close = () => {
    editor.showCalendar('closed');
    editor.focus();
  };
  return (
    <DatePicker
      day={readDay(editing.text)}
      today={now()}
      focus={editing.calendar === 'focused'}
      onClose={close}
      onPick={day => {
        editor.setText(withDay(editor.input.value, day, timed));
        if (timed) {
          close();
        } else {
          editor.focus();
          editor.commit();
        }
      }}
    />
  );
}

function ChoicePanel({ desk }: { desk: Desk }) {
  const { editor } = desk;
  const { choices } = editor;
  const list = choices.state;
  const active = useRef<HTMLDivElement>(null);
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest' });
  }, [list?.active]);
  return (
    <div className="tw-Choices" role="listbox" id={choices.id} aria-label="Choices">
      {list?.items.map((item, index) => (
        <div
          key={item}
          ref={index === list.active ? active : undefined}
          id={`${choices.id}-${index}`}
          role="option"
          aria-selected={index === list.active}
          className={index === list.active ? 'tw-Choices-item tw-mod-active' : 'tw-Choices-item'}
          onClick={() => {
            editor.input.value = item;
            choices.take(index);
            editor.commit();
          }}
        >
          {item === '' ? <i>empty</i> : item}
        </div>
      ))}
    </div>
  );
}
