import { useCallback, useEffect, useRef, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Match } from '../../protocol';
import type { Outcome } from '../../session/api';
import { editText } from '../../values';
import { Button, Field, IconButton, TextToggle } from './controls';
import { formatCount, plural } from './figures';
import { FailureNote } from './refused';
import { replaceText, type Pattern } from './replacement';
import { useGrid, useGridState, useSessionState } from './scope';
import { explain, type Failure } from './wording';

const PAUSE = 120;
const LIMIT = 1000;
/** So many matches are fetched once somebody walks past the first ones. */
const MOST = 50_000;

interface Hits {
  matches: Match[];
  total: number;
  /** The match that is selected, or -1. */
  at: number;
}

const NO_HITS: Hits = { matches: [], total: 0, at: -1 };

/** The first match at or after a cell in reading order, or the first of all. */
export function matchFrom(
  matches: readonly Match[],
  cursor: { row: number; column: number } | null,
  columns: readonly number[]
): number {
  if (!cursor || matches.length === 0) {
    return matches.length ? 0 : -1;
  }
  const place = columns.indexOf(cursor.column);
  const found = matches.findIndex(
    match => match.row > cursor.row || (match.row === cursor.row && columns.indexOf(match.column) >= place)
  );
  return Math.max(found, 0);
}

/** Find and replace in the view, at the top right over the cells. */
export function FindBar() {
  const { panel } = useGridState();
  return panel.kind === 'find' ? <OpenFindBar replacing={panel.replace} /> : null;
}

function OpenFindBar({ replacing }: { replacing: boolean }) {
  const { controller, focusGrid } = useGrid();
  const { session } = controller;
  const { rev, rows, readOnly, view } = useSessionState();
  const [query, setQuery] = useState<Pattern>({ text: '', case: false, whole: false, regex: false });
  const [replacement, setReplacement] = useState('');
  const [hits, setHits] = useState<Hits | null>(NO_HITS);
  const [failure, setFailure] = useState<Failure | null>(null);
  const [said, setSaid] = useState('');
  const bar = useRef<HTMLDivElement>(null);
  const moved = useRef(true);

  useEffect(() => {
    bar.current?.querySelector('input')?.focus();
    return () => controller.highlight([]);
  }, [controller]);

  const show = useCallback(
    (next: Hits, go: boolean) => {
      setHits(next);
      controller.highlight(next.matches);
      const match = next.matches[next.at];
      if (match && go) {
        controller.goTo(match.row, match.column);
      }
    },
    [controller]
  );

  useEffect(() => {
    if (query.text === '') {
      setFailure(null);
      show(NO_HITS, false);
      return;
    }
    let wanted = true;
    const timer = setTimeout(() => {
      setHits(null);
      session.find({ ...query, start: 0, limit: LIMIT }).then(
        ({ matches, total }) => {
          if (wanted) {
            setFailure(null);
            const { selection, layout } = controller.state;
            show({ matches, total, at: matchFrom(matches, selection.cursor, layout.columns) }, moved.current);
            moved.current = false;
          }
        },
        (reason: unknown) => {
          if (wanted) {
            setFailure(explain(reason));
            show(NO_HITS, false);
          }
        }
      );
    }, PAUSE);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [session, controller, query, rev, rows, view, show]);

  const change = (part: Partial<Pattern>) => {
    moved.current = true;
    setSaid('');
    setQuery({ ...query, ...part });
  };
  const step = (by: 1 | -1) => {
    const loaded = hits?.matches.length ?? 0;
    if (!hits || loaded === 0) {
      return;
    }
    const next = hits.at + by;
    const outside = next < 0 || next >= loaded;
    if (outside && loaded < Math.min(hits.total, MOST)) {
      session.find({ ...query, start: 0, limit: MOST }).then(
        ({ matches, total }) =>
          show({ matches, total, at: by > 0 ? Math.min(loaded, matches.length - 1) : matches.length - 1 }, true),
        (reason: unknown) => setFailure(explain(reason))
      );
    } else {
      show({ ...hits, at: (next + loaded) % loaded }, true);
    }
  };
  const close = () => {
    controller.close();
    focusGrid();
  };
  const finish = (done: string, run: Promise<Outcome>) => {
    run.then(
      outcome => {
        if (outcome.ok) {
          setFailure(null);
          setSaid(done.replace('#', plural(outcome.cells, 'cell')));
        } else {
          setFailure({ message: outcome.nack.message, hint: outcome.nack.hint ?? '' });
        }
      },
      (reason: unknown) => setFailure(explain(reason))
    );
  };
  const { text, ...options } = query;
  const replaceAll = () => finish('Replaced in #.', controller.replace(text, replacement, options));
  const replaceOne = () => {
    const match = hits?.matches[hits.at];
    const cell = match && session.cell(match.row, match.column);
    const column = match && session.column(match.column);
    if (!match || !cell || !column) {
      return;
    }
    const after = replaceText(editText(column, cell.value), query, replacement);
    if (after === null) {
      setFailure({
        message: 'This expression can only be used to replace all.',
        hint: 'Press “All”, or use a simpler expression.'
      });
      return;
    }
    moved.current = true;
    finish('Replaced.', session.type(match.row, match.column, after));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') {
      event.preventDefault();
      close();
    }
  };
  const onEnter = (run: (back: boolean) => void) => (event: KeyboardEvent) => {
    if (event.key === 'Enter') {
      event.preventDefault();
      run(event.shiftKey);
    }
  };
  // While matches are fetched anew the buttons stay enabled: one that is disabled under the finger drops the focus.
  const none = hits !== null && hits.matches.length === 0;
  return (
    <div ref={bar} className="tw-FindBar" role="search" aria-label="Find and replace" onKeyDown={onKeyDown}>
      <div className="tw-FindBar-line">
        <IconButton
          small
          icon={replacing ? 'down' : 'right'}
          label={replacing ? 'Hide replace' : 'Show replace'}
          disabled={readOnly !== ''}
          onClick={() => controller.open({ kind: 'find', replace: !replacing })}
        />
        <Field
          label="Find"
          bare
          placeholder="Find"
          value={text}
          onKeyDown={onEnter(back => step(back ? -1 : 1))}
          onChange={next => change({ text: next })}
          trailing={
            <>
              <TextToggle face="Aa" label="Match case" on={query.case} onChange={on => change({ case: on })} />
              <TextToggle face="ab̲" label="Whole cell" on={query.whole} onChange={on => change({ whole: on })} />
              <TextToggle face=".*" label="Regular expression" on={query.regex} onChange={on => change({ regex: on })} />
            </>
          }
        />
        <span className="tw-FindBar-count" role="status" data-none={text !== '' && hits && none ? '' : undefined}>
          {countText(text, hits)}
        </span>
        <IconButton small icon="up" label="Previous match" keys="Shift+Enter" disabled={none} onClick={() => step(-1)} />
        <IconButton small icon="down" label="Next match" keys="Enter" disabled={none} onClick={() => step(1)} />
        <IconButton small icon="close" label="Close" keys="Esc" onClick={close} />
      </div>
      {replacing && (
        <div className="tw-FindBar-line tw-FindBar-replace">
          <Field
            label="Replace with"
            bare
            placeholder="Replace with"
            value={replacement}
            onKeyDown={onEnter(() => replaceOne())}
            onChange={setReplacement}
          />
          <Button label="Replace" disabled={none} onClick={replaceOne} />
          <Button label="All" title="Replace in every matching cell of the view" disabled={none} onClick={replaceAll} />
        </div>
      )}
      {said && (
        <div className="tw-FindBar-said" role="status">
          {said}
        </div>
      )}
      {failure && <FailureNote failure={failure} />}
    </div>
  );
}

function countText(text: string, hits: Hits | null): string {
  if (text === '') {
    return '';
  }
  if (!hits) {
    return '…';
  }
  return hits.total === 0 ? 'No results' : `${formatCount(hits.at + 1)} of ${formatCount(hits.total)}`;
}
