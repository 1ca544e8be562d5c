import { useEffect, useState } from 'react';
import type { Column, Profile, Values } from '../../protocol';
import { dayNumber } from '../../calendar';
import { formatShare } from '../drawing/header';
import { DatePicker, readDay, withDay } from '../editing/datepicker';
import { Button, Check, Field, IconButton, Segments, Select } from './controls';
import { formatCount, plural } from './figures';
import {
  EVERYTHING,
  NOTHING,
  isKept,
  isMissingKept,
  keep,
  keepMissing,
  keyOf,
  type Choice,
  type RangeDraft,
  type TextDraft
} from './filter_draft';
import { Histogram, binsBetween } from './histogram';
import { edgeNumber, edgeScalar, inputText, isBrushable, parseScalar, scalarText } from './scalars';
import { useGrid } from './scope';
import { explain, type Failure } from './wording';
import { FailureNote } from './refused';

const LIMIT = 200;
const PAUSE = 150;

interface RangePartProps {
  column: Column;
  profile: Profile | undefined;
  draft: RangeDraft;
  error?: { text: string; field: 'lo' | 'hi' } | undefined;
  onChange: (draft: RangeDraft) => void;
}

/** From – to, typed, picked from a calendar, or drawn over the histogram. */
export function RangePart({ column, profile, draft, error, onChange }: RangePartProps) {
  const [calendar, setCalendar] = useState<'lo' | 'hi' | null>(null);
  const dated = column.kind === 'date' || column.kind === 'timestamp';
  const bound = (text: string) => {
    const parsed = parseScalar(text, column);
    return 'value' in parsed ? edgeNumber(parsed.value, column) : null;
  };
  const edges = profile?.edges ?? [];
  const open = draft.lo === '' && draft.hi === '';
  const brush = (first: number, last: number) => {
    const side = (at: number, which: 'lo' | 'hi') => inputText(edgeScalar(edges[at] ?? 0, column, which), column);
    onChange({ lo: side(first, 'lo'), hi: side(last + 1, 'hi') });
  };
  const field = (side: 'lo' | 'hi', label: string) => (
    <Field
      label={label}
      placeholder={inputText(profile?.[side], column).slice(0, 19)}
      first={side === 'lo'}
      value={draft[side]}
      error={error?.field === side ? error.text : undefined}
      onChange={text => onChange({ ...draft, [side]: text })}
      trailing={
        dated && (
          <IconButton
            small
            icon="date"
            label={`Calendar for ${label.toLowerCase()}`}
            pressed={calendar === side}
            onClick={() => setCalendar(calendar === side ? null : side)}
          />
        )
      }
    />
  );
  return (
    <>
      {profile && isBrushable(profile, column) && (
        <Histogram
          profile={profile}
          column={column}
          height={56}
          chosen={open ? null : (binsBetween(edges, bound(draft.lo), bound(draft.hi)) ?? [-1, -1])}
          onBrush={brush}
        />
      )}
      <div className={column.kind === 'timestamp' ? 'tw-Filter-stack' : 'tw-Filter-pair'}>
        {field('lo', 'From')}
        {field('hi', 'To')}
      </div>
      {calendar && (
        <DatePicker
          key={calendar}
          day={readDay(draft[calendar])}
          today={today()}
          focus
          onClose={() => setCalendar(null)}
          onPick={day => {
            onChange({ ...draft, [calendar]: withDay(draft[calendar], day, false) });
            setCalendar(null);
          }}
        />
      )}
    </>
  );
}

function today(): number {
  const date = new Date();
  return dayNumber(date.getFullYear(), date.getMonth() + 1, date.getDate());
}

interface SetPartProps {
  column: Column;
  choice: Choice;
  error?: string | undefined;
  onChange: (choice: Choice) => void;
}

/** The values of a column with a box each; the list comes from the table, most frequent first. */
export function SetPart({ column, choice, error, onChange }: SetPartProps) {
  const { session } = useGrid().controller;
  const [search, setSearch] = useState('');
  const [answer, setAnswer] = useState<Values | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  useEffect(() => {
    let wanted = true;
    const timer = setTimeout(
      () => {
        session.values(column.id, search, LIMIT).then(
          values => {
            if (wanted) {
              setAnswer(values);
              setFailure(null);
            }
          },
          (reason: unknown) => wanted && setFailure(explain(reason))
        );
      },
      search ? PAUSE : 0
    );
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [session, column.id, search]);

  const shown = answer?.values ?? [];
  const highest = Math.max(...shown.map(({ count }) => count), 1);
  const missing = answer?.missing ?? 0;
  const all = (kept: boolean) => {
    if (search === '') {
      onChange(kept ? EVERYTHING : NOTHING);
    } else {
      onChange(
        keep(
          choice,
          shown.map(({ value }) => value),
          kept
        )
      );
    }
  };
  return (
    <>
      <Field label="Search values" bare first icon="search" placeholder="Search values" value={search} onChange={setSearch} />
      <div className="tw-Filter-bulk">
        <Button look="quiet" label={search ? 'Select shown' : 'Select all'} onClick={() => all(true)} />
        <Button look="quiet" label={search ? 'Unselect shown' : 'Select none'} onClick={() => all(false)} />
        {answer?.more && <span className="tw-Filter-more">first {formatCount(shown.length)} — search for others</span>}
      </div>
      {failure && <FailureNote failure={failure} />}
      <div className="tw-Filter-values" role="group" aria-label={`Values of ${column.name}`} aria-busy={answer === null}>
        {missing > 0 && search === '' && (
          <Check
            label={<em>missing</em>}
            detail={formatCount(missing)}
            checked={isMissingKept(choice)}
            onChange={kept => onChange(keepMissing(choice, kept))}
          />
        )}
        {shown.map(({ value, count }) => (
          <div key={keyOf(value)} className="tw-Filter-value">
            <span className="tw-Filter-bar" style={{ width: `${(count / highest) * 100}%` }} />
            <Check
              label={scalarText(value, column) || <em>empty text</em>}
              detail={formatCount(count)}
              checked={isKept(choice, value)}
              onChange={kept => onChange(keep(choice, [value], kept))}
            />
          </div>
        ))}
        {answer !== null && shown.length === 0 && (
          <div className="tw-Filter-none">{search ? `No value contains “${search}”.` : 'There are no values.'}</div>
        )}
      </div>
      {error && (
        <div className="tw-Field-error" role="alert">
          {error}
        </div>
      )}
    </>
  );
}

const TEXT_MODES: { value: TextDraft['mode']; label: string }[] = [
  { value: 'contains', label: 'contains' },
  { value: 'equals', label: 'equals' },
  { value: 'starts', label: 'starts with' },
  { value: 'ends', label: 'ends with' },
  { value: 'regex', label: 'matches regular expression' }
];

export function TextPart({ draft, onChange }: { draft: TextDraft; onChange: (draft: TextDraft) => void }) {
  return (
    <>
      <Select label="Condition" bare value={draft.mode} options={TEXT_MODES} onChange={mode => onChange({ ...draft, mode })} />
      <Field label="Text" bare first placeholder="Text" value={draft.text} onChange={text => onChange({ ...draft, text })} />
      <div className="tw-Filter-pair">
        <Check label="Match case" checked={draft.case} onChange={on => onChange({ ...draft, case: on })} />
        <Check label="Not: keep the others" checked={draft.negate} onChange={on => onChange({ ...draft, negate: on })} />
      </div>
    </>
  );
}

interface MissingPartProps {
  profile: Profile | undefined;
  keeps: 'missing' | 'present';
  onChange: (keeps: 'missing' | 'present') => void;
}

export function MissingPart({ profile, keeps, onChange }: MissingPartProps) {
  const share = profile ? formatShare(profile.missing / Math.max(profile.rows, 1)) : '';
  return (
    <>
      <Segments
        label="Rows to keep"
        value={keeps}
        options={[
          { value: 'missing', label: 'Missing' },
          { value: 'present', label: 'Not missing' }
        ]}
        onChange={onChange}
      />
      {profile && (
        <p className="tw-Filter-note">
          {profile.missing > 0
            ? `${formatCount(profile.missing)} of ${plural(profile.rows, 'row')} (${share}) have no value here.`
            : 'No row lacks a value here.'}
        </p>
      )}
    </>
  );
}

export function ExpressionPart({ sql, onChange }: { sql: string; onChange: (sql: string) => void }) {
  return (
    <>
      <textarea
        className="tw-Filter-sql"
        aria-label="Condition in SQL"
        data-tw-first=""
        rows={4}
        spellCheck={false}
        placeholder={"price * qty > 1000\n  AND region IN ('East', 'West')"}
        value={sql}
        onChange={event => onChange(event.target.value)}
      />
      <p className="tw-Filter-note">
        A DuckDB SQL condition over the column names; it holds for whole rows, beside all other filters.
      </p>
    </>
  );
}
