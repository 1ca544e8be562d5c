import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { isoDate, dayNumber } from '../../calendar';

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December'
];
const WEEK = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'];
const ISO = /^(-?\d{4,})-(\d\d)-(\d\d)/;

/** The day counted from 1970-01-01 that a text begins with, or null. */
export function readDay(text: string): number | null {
  const parts = ISO.exec(text.trim());
  if (!parts) {
    return null;
  }
  const day = dayNumber(Number(parts[1]), Number(parts[2]), Number(parts[3]));
  return isoDate(day) === parts[0] ? day : null;
}

/** `text` with its date replaced and its time kept. */
export function withDay(text: string, day: number, timed: boolean): string {
  const rest = text.trim().replace(ISO, '');
  return isoDate(day) + (rest || (timed ? ' 00:00:00' : ''));
}

function parts(day: number): { year: number; month: number; date: number } {
  const found = ISO.exec(isoDate(day));
  return { year: Number(found?.[1]), month: Number(found?.[2]), date: Number(found?.[3]) };
}

/** Monday is 0. */
const weekday = (day: number) => (((day + 3) % 7) + 7) % 7;

/** The same date some months on, or that month's last day. */
function addMonths(day: number, months: number): number {
  const { year, month, date } = parts(day);
  const count = year * 12 + month - 1 + months;
  const first = dayNumber(Math.floor(count / 12), (((count % 12) + 12) % 12) + 1, 1);
  const next = count + 1;
  const length = dayNumber(Math.floor(next / 12), (((next % 12) + 12) % 12) + 1, 1) - first;
  return first + Math.min(date, length) - 1;
}

const STEPS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

interface DatePickerProps {
  day: number | null;
  today: number;
  onPick: (day: number) => void;
  onClose: () => void;
  /** Takes the keyboard when it opens. */
  focus: boolean;
}

/** A month to pick a day from, by pointer or keys: arrows move by days and weeks, Page Up and Down by months. */
export function DatePicker({ day, today, onPick, onClose, focus }: DatePickerProps) {
  const [active, setActive] = useState(day ?? today);
  const grid = useRef<HTMLTableElement>(null);
  const moved = useRef(false);
  useEffect(() => setActive(day ?? today), [day, today]);
  useEffect(() => {
    if (moved.current || focus) {
      grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
    }
  }, [active, focus]);
  const { year, month } = parts(active);
  const first = dayNumber(year, month, 1);
  const start = first - weekday(first);
  const go = (to: number) => {
    moved.current = true;
    setActive(to);
  };
  const keydown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    event.stopPropagation();
    if (step) {
      go(active + step);
    } else if (event.key === 'PageUp' || event.key === 'PageDown') {
      go(addMonths(active, (event.key === 'PageUp' ? -1 : 1) * (event.shiftKey ? 12 : 1)));
    } else if (event.key === 'Home' || event.key === 'End') {
      go(event.key === 'Home' ? active - weekday(active) : active + 6 - weekday(active));
    } else if (event.key === 'Escape') {
      onClose();
    } else {
      return;
    }
    event.preventDefault();
  };
  return (
    <div className="tw-DatePicker" role="group" aria-label="Calendar">
      <div className="tw-DatePicker-head">
        <button
          type="button"
          className="tw-DatePicker-turn"
          aria-label="Previous month"
          onClick={() => go(addMonths(active, -1))}
        >
          ‹
        </button>
        <span className="tw-DatePicker-month" aria-live="polite">
          {MONTHS[month - 1]} {year}
        </span>
        <button type="button" className="tw-DatePicker-turn" aria-label="Next month" onClick={() => go(addMonths(active, 1))}>
          ›
        </button>
      </div>
      <table ref={grid} role="grid" onKeyDown={keydown}>
        <thead>
          <tr>
            {WEEK.map(name => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[0, 1, 2, 3, 4, 5].map(week => (
            <tr key={week}>
              {WEEK.map((name, place) => {
                const each = start + week * 7 + place;
                const here = parts(each);
                const classes = [
                  'tw-DatePicker-day',
                  here.month === month ? '' : 'tw-mod-other',
                  each === day ? 'tw-mod-picked' : '',
                  each === today ? 'tw-mod-today' : ''
                ];
                return (
                  <td key={name} role="gridcell" aria-selected={each === day}>
                    <button
                      type="button"
                      className={classes.filter(Boolean).join(' ')}
                      tabIndex={each === active ? 0 : -1}
                      aria-label={`${here.date} ${MONTHS[here.month - 1]} ${here.year}`}
                      aria-current={each === today ? 'date' : undefined}
                      onClick={() => onPick(each)}
                    >
                      {here.date}
                    </button>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <div className="tw-DatePicker-foot">
        <button type="button" className="tw-DatePicker-turn" onClick={() => onPick(today)}>
          Today
        </button>
      </div>
    </div>
  );
}
