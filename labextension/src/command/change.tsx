import { useState } from 'react';
import type { Proposal } from '../protocol';
import { Icon, type IconName } from '../grid/drawing/icons';
import { keyHint } from '../grid/panels/cell_menu';
import { Button, IconButton } from '../grid/panels/controls';
import { formatCount } from '../grid/panels/figures';
import { useSessionState } from '../grid/panels/scope';
import type { Conversation, Talk } from './conversation';
import { effects, marksCells, remarks, type Effect } from './effects';
import { Making } from './making';
import { Pictures } from './pictures';
import { Cost, Steps } from './steps';

const ICONS: Record<Effect['kind'], IconName> = {
  changed: 'pencil',
  removed: 'minus',
  added: 'plus',
  moved: 'ascending',
  none: 'info'
};

/** A change that is proposed: its steps, what it would do, and the ways on. */
export function ChangeView({ conversation, talk, proposal }: { conversation: Conversation; talk: Talk; proposal: Proposal }) {
  const { readOnly } = useSessionState();
  const [shown, setShown] = useState(false);
  const { rows_before: before = 0, rows_after: after = 0, nothing, charts = [] } = proposal;
  return (
    <>
      <Steps proposal={proposal} />
      <ul className="tw-Command-effects" aria-label="What it would do">
        {effects(proposal).map(({ kind, text }) => (
          <li key={text} className={`tw-Command-effect tw-mod-${kind}`}>
            <Icon name={ICONS[kind]} size={12} />
            {text}
          </li>
        ))}
        {before !== after && (
          <li className="tw-Command-rows">
            {formatCount(before)} → {formatCount(after)} rows
          </li>
        )}
      </ul>
      {remarks(proposal).map(note => (
        <p key={note} className="tw-Command-small">
          {note}
        </p>
      ))}
      <Pictures charts={charts} />
      <div className="tw-Command-acts">
        <Button
          look="primary"
          label={talk.busy === 'applying' ? 'Applying …' : 'Apply'}
          title={readOnly || `Make this change (${keyHint('Enter')})`}
          disabled={nothing === true || readOnly !== '' || talk.busy !== ''}
          onClick={() => void conversation.apply()}
        />
        <Button label="Discard" title="Leave the table as it is (Esc)" onClick={() => conversation.discard()} />
        {(marksCells(proposal) || (proposal.columns?.length ?? 0) > 0) && (
          <span className="tw-Toolbar-group" role="group" aria-label="Changes">
            <IconButton small icon="up" label="Previous change" keys="Alt+↑" onClick={() => void conversation.jump(-1)} />
            <IconButton small icon="down" label="Next change" keys="Alt+↓" onClick={() => void conversation.jump(1)} />
          </span>
        )}
        <span className="tw-Page-space" />
        {readOnly && <span className="tw-Command-small">{readOnly}</span>}
        <Cost proposal={proposal} />
        <Button
          look="quiet"
          icon={shown ? 'down' : 'right'}
          label="Plan and code"
          title="The plan as JSON, which can be edited, and the same as SQL and pandas"
          onClick={() => setShown(!shown)}
        />
      </div>
      {shown && <Making conversation={conversation} talk={talk} proposal={proposal} editable />}
    </>
  );
}
