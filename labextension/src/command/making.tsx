import { useEffect, useMemo, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Proposal } from '../protocol';
import { Button, Segments } from '../grid/panels/controls';
import { CopyButton } from '../grid/panels/code_panel';
import { FailureNote } from '../grid/panels/refused';
import { useGrid } from '../grid/panels/scope';
import { highlight } from '../grid/panels/tokens';
import { explain, type Failure } from '../grid/panels/wording';
import type { Conversation, Talk } from './conversation';
import { jsonFault, lineOf, locate, tidy, type Fault } from './json_text';

type Page = 'plan' | 'sql' | 'pandas';

interface MakingProps {
  conversation: Conversation;
  talk: Talk;
  proposal: Proposal;
  /** A plan of a change may be edited; an answer's too. */
  editable?: boolean;
}

/** How a proposal is made: its plan, to be edited, and the same as SQL and as pandas code. */
export function Making({ conversation, talk, proposal, editable = false }: MakingProps) {
  const [page, setPage] = useState<Page>('plan');
  const { plan = '', sql = '' } = proposal;
  const code = usePandas(plan, page === 'pandas');
  const text = { plan, sql, pandas: code.text }[page];
  return (
    <div className="tw-Making">
      <div className="tw-Making-bar">
        <Segments
          label="How it is made"
          value={page}
          options={[
            { value: 'plan', label: 'Plan' },
            { value: 'sql', label: 'SQL' },
            { value: 'pandas', label: 'pandas' }
          ]}
          onChange={setPage}
        />
        <span className="tw-Page-space" />
        <CopyButton text={text} />
      </div>
      {page === 'pandas' && code.failure && <FailureNote failure={code.failure} />}
      {page === 'plan' ? (
        <PlanEditor key={plan} conversation={conversation} talk={talk} plan={plan} locked={!editable} />
      ) : (
        <pre className="tw-Code tw-Making-code" tabIndex={0} aria-label={page === 'sql' ? 'SQL' : 'pandas code'}>
          {highlight(text, page).map((token, place) => (
            <span key={place} className={`tw-Code-${token.kind}`}>
              {token.text}
            </span>
          ))}
        </pre>
      )}
    </div>
  );
}

/** A plan as pandas code, asked for when it is to be seen. */
function usePandas(plan: string, wanted: boolean): { text: string; failure: Failure | null } {
  const { asker } = useGrid().controller.session;
  const [code, setCode] = useState<{ plan: string; text: string; failure: Failure | null }>({
    plan: '',
    text: '',
    failure: null
  });
  useEffect(() => {
    let here = wanted && code.plan !== plan;
    if (here) {
      asker.code(plan).then(
        text => here && setCode({ plan, text, failure: null }),
        (reason: unknown) => here && setCode({ plan, text: '', failure: explain(reason) })
      );
    }
    return () => {
      here = false;
    };
  }, [asker, plan, wanted, code.plan]);
  return code.plan === plan ? code : { text: '', failure: null };
}

interface PlanEditorProps {
  conversation: Conversation;
  talk: Talk;
  plan: string;
  locked: boolean;
}

/** A plan as JSON one may change; what is wrong with it is marked where it is. */
function PlanEditor({ conversation, talk, plan, locked }: PlanEditorProps) {
  const clean = useMemo(() => tidy(plan), [plan]);
  const [text, setText] = useState(clean);
  const [tried, setTried] = useState('');
  useEffect(() => setText(clean), [clean]);
  const changed = text !== clean;
  const broken = useMemo(() => (changed ? jsonFault(text) : null), [text, changed]);
  const refused = tried === text ? talk.fault : null;
  const fault: Fault | null =
    broken ?? (refused && { ...(locate(text, refused.where) ?? { start: 0, end: 0 }), message: refused.message });
  const attempt = () => {
    if (!broken && changed) {
      setTried(text);
      conversation.plan(text);
    }
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      attempt();
    } else if (event.key === 'Escape' && changed) {
      event.preventDefault();
      event.stopPropagation();
      setText(clean);
    }
  };
  return (
    <div className="tw-Plan">
      <div className="tw-Plan-sheet">
        <pre className="tw-Plan-mirror" aria-hidden="true">
          {fault && fault.end > fault.start ? (
            <>
              {text.slice(0, fault.start)}
              <mark>{text.slice(fault.start, fault.end)}</mark>
              {text.slice(fault.end)}
            </>
          ) : (
            text
          )}
          {'\n'}
        </pre>
        <textarea
          className="tw-Plan-text"
          aria-label="Plan"
          aria-invalid={fault ? true : undefined}
          aria-describedby={fault ? 'tw-plan-fault' : undefined}
          spellCheck={false}
          autoComplete="off"
          wrap="off"
          readOnly={locked}
          value={text}
          onChange={event => setText(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      {fault && (
        <p className="tw-Plan-fault" id="tw-plan-fault" role="alert">
          Line {lineOf(text, fault.start)}: {fault.message} {refused?.hint}
        </p>
      )}
      {changed && (
        <div className="tw-Command-acts">
          <Button
            label="Preview this plan"
            title="Show what the plan would do now (Ctrl+Enter)"
            disabled={broken !== null}
            onClick={attempt}
          />
          <Button look="quiet" label="Take the edit back" onClick={() => setText(clean)} />
        </div>
      )}
    </div>
  );
}
