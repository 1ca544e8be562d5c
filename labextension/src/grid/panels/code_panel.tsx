import { useEffect, useState } from 'react';
import { Icon } from '../drawing/icons';
import { Segments } from './controls';
import { FailureNote } from './refused';
import { useGrid, useSessionState } from './scope';
import { Side } from './side';
import { highlight, type Language } from './tokens';
import { explain, type Failure } from './wording';

const COPIED_FOR = 1600;

/** The edits made so far as pandas code or as SQL, to be copied. */
export function CodePanel() {
  const { session } = useGrid().controller;
  const { rev } = useSessionState();
  const [language, setLanguage] = useState<Language>('pandas');
  const [text, setText] = useState<string | null>(null);
  const [failure, setFailure] = useState<Failure | null>(null);

  useEffect(() => {
    let wanted = true;
    session.code(language).then(
      code => {
        if (wanted) {
          setText(code);
          setFailure(null);
        }
      },
      (reason: unknown) => wanted && setFailure(explain(reason))
    );
    return () => {
      wanted = false;
    };
  }, [session, language, rev]);

  return (
    <Side title="Code" actions={<CopyButton text={text ?? ''} />}>
      <div className="tw-Code-bar">
        <Segments
          label="Language"
          value={language}
          options={[
            { value: 'pandas', label: 'pandas' },
            { value: 'sql', label: 'SQL' }
          ]}
          onChange={next => {
            if (next !== language) {
              setText(null);
              setLanguage(next);
            }
          }}
        />
      </div>
      {failure && <FailureNote failure={failure} />}
      <pre className="tw-Code" tabIndex={0} aria-label={`The edits as ${language} code`} aria-busy={text === null}>
        {text !== null &&
          highlight(text, language).map((token, index) => (
            <span key={index} className={`tw-Code-${token.kind}`}>
              {token.text}
            </span>
          ))}
      </pre>
      {text?.trim() === '' && (
        <p className="tw-Side-empty">Nothing has been changed yet; edits made in the grid appear here as code.</p>
      )}
    </Side>
  );
}

export function CopyButton({ text }: { text: string }) {
  const [state, setState] = useState<'ready' | 'copied' | 'refused'>('ready');
  useEffect(() => {
    if (state !== 'ready') {
      const timer = setTimeout(() => setState('ready'), COPIED_FOR);
      return () => clearTimeout(timer);
    }
    return undefined;
  }, [state]);
  const label = state === 'copied' ? 'Copied' : state === 'refused' ? 'Not allowed here' : 'Copy';
  return (
    <button
      type="button"
      className="tw-Button tw-mod-quiet"
      aria-label={label}
      disabled={text.trim() === ''}
      onClick={() => {
        navigator.clipboard.writeText(text).then(
          () => setState('copied'),
          () => setState('refused')
        );
      }}
    >
      <Icon name={state === 'copied' ? 'check' : 'copy'} size={14} />
      <span role="status">{label}</span>
    </button>
  );
}
