import { useEffect, useMemo, useState } from 'react';
import { decodeRows } from '../arrow';
import type { Column, Proposal } from '../protocol';
import { Button } from '../grid/panels/controls';
import { formatCount, plural } from '../grid/panels/figures';
import { editText, formatValue, groupDigits, isNumeric, type Value } from '../values';
import type { Conversation, Talk } from './conversation';
import { liveChart } from './drawing';
import { Making } from './making';
import { Pictures } from './pictures';
import { Cost, Steps } from './steps';

/** Rows of an answer that are drawn; all that came are copied. */
const MOST = 200;

interface AnswerViewProps {
  conversation: Conversation;
  talk: Talk;
  proposal: Proposal;
  arrow?: Uint8Array | undefined;
}

/** The answer to a question: a figure, a table or charts. The table that was asked is as it was. */
export function AnswerView({ conversation, talk, proposal, arrow }: AnswerViewProps) {
  const [shown, setShown] = useState(false);
  const { charts = [], result = [], rows = 0, notes = [] } = proposal;
  const live = useMemo(() => liveChart(proposal) !== null, [proposal]);
  const values = useMemo(() => table(result, arrow), [result, arrow]);
  return (
    <>
      <Steps proposal={proposal} />
      {!live && <Pictures charts={charts} />}
      {!charts.length && result.length > 0 && <Result columns={result} values={values} rows={rows} />}
      {notes.map(note => (
        <p key={note} className="tw-Command-small">
          {note}
        </p>
      ))}
      <div className="tw-Command-acts">
        {!charts.length && result.length > 0 && <Copy text={() => tsv(result, values)} />}
        <Button
          look={charts.length ? 'plain' : 'quiet'}
          label="Close"
          title="Put the answer away (Esc)"
          onClick={() => conversation.discard()}
        />
        {live && <span className="tw-Command-small">Drawn below the cells, where it follows the table.</span>}
        <span className="tw-Page-space" />
        <Cost proposal={proposal} />
        <Button look="quiet" icon={shown ? 'down' : 'right'} label="Plan and code" onClick={() => setShown(!shown)} />
      </div>
      {shown && <Making conversation={conversation} talk={talk} proposal={proposal} editable />}
    </>
  );
}

/** An answer's columns of values, in order. */
export function table(columns: readonly Column[], arrow: Uint8Array | undefined): Value[][] {
  const found = arrow?.length ? decodeRows(arrow).columns : new Map<number, Value[]>();
  return columns.map(({ id }) => found.get(id) ?? []);
}

/** An answer as text with tabs, as spreadsheets take it. */
export function tsv(columns: readonly Column[], values: readonly Value[][]): string {
  const clean = (text: string) => (/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = (values[0] ?? []).map((_, row) =>
    columns.map((column, place) => clean(editText(column, values[place]?.[row] ?? null))).join('\t')
  );
  return [columns.map(({ name }) => clean(name)).join('\t'), ...lines].join('\n');
}

function Result({ columns, values, rows }: { columns: readonly Column[]; values: readonly Value[][]; rows: number }) {
  const sent = values[0]?.length ?? 0;
  const [only] = columns;
  if (columns.length === 1 && only && rows === 1) {
    const value = values[0]?.[0] ?? null;
    return (
      <p className="tw-Result-figure">
        <span className="tw-Result-value">
          {isNumeric(only) ? groupDigits(formatValue(only, value)) || 'missing' : formatValue(only, value) || 'missing'}
        </span>
        <span className="tw-Result-name">{only.name}</span>
      </p>
    );
  }
  const drawn = Math.min(sent, MOST);
  return (
    <>
      <div className="tw-Result" tabIndex={0} role="region" aria-label="Answer">
        <table>
          <thead>
            <tr>
              {columns.map(column => (
                <th key={column.id} scope="col" data-number={isNumeric(column) ? '' : undefined}>
                  {column.name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: drawn }, (_, row) => (
              <tr key={row}>
                {columns.map((column, place) => (
                  <Cell key={column.id} column={column} value={values[place]?.[row] ?? null} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="tw-Command-small">
        {drawn < rows ? `The first ${formatCount(drawn)} of ${plural(rows, 'row')}` : plural(rows, 'row')}
      </p>
    </>
  );
}

function Cell({ column, value }: { column: Column; value: Value }) {
  return (
    <td data-number={isNumeric(column) ? '' : undefined} data-missing={value === null ? '' : undefined}>
      {value === null ? 'missing' : formatValue(column, value)}
    </td>
  );
}

const COPIED_FOR = 1600;

function Copy({ text }: { text: () => string }) {
  const [label, setLabel] = useState('Copy');
  useEffect(() => {
    if (label === 'Copy') {
      return undefined;
    }
    const timer = setTimeout(() => setLabel('Copy'), COPIED_FOR);
    return () => clearTimeout(timer);
  }, [label]);
  return (
    <Button
      icon={label === 'Copied' ? 'check' : 'copy'}
      label={label}
      title="Copy the answer with its headers"
      onClick={() => {
        navigator.clipboard.writeText(text()).then(
          () => setLabel('Copied'),
          () => setLabel('Not allowed here')
        );
      }}
    />
  );
}
