import { useCallback, useId, useState } from 'react';
import type { KeyboardEvent } from 'react';
import type { Column } from '../../protocol';
import { Icon } from '../drawing/icons';
import { Button, Field } from './controls';
import { formatCount } from './figures';
import { nearestColumns, parsePlace, splitPlace } from './places';
import { Popover } from './popover';
import { useGrid, useGridState, useSessionState } from './scope';

const HINTS = 8;

/** Where the dialog hangs: the middle of the screen's top third. */
function middle(): DOMRect {
  return new DOMRect(window.innerWidth / 2 - 160, Math.max(window.innerHeight * 0.18, 40), 320, 0);
}

/** "Go to row, column": the nearest column names are listed while typing. */
export function GoTo() {
  const { controller, focusGrid } = useGrid();
  const { selection, layout } = useGridState();
  const { schema, rows } = useSessionState();
  const id = useId();
  const [anchor] = useState(middle);
  const [typed, setTyped] = useState('');
  const [active, setActive] = useState(-1);
  const [error, setError] = useState<string | undefined>();
  const close = useCallback(() => controller.close(), [controller]);

  const { row, name } = splitPlace(typed);
  const hints = nearestColumns(name, schema.columns, HINTS);
  const go = (text: string) => {
    const place = parsePlace(text, schema.columns, rows);
    if ('error' in place) {
      setError(place.error);
      return;
    }
    const column = place.column ?? selection.cursor?.column ?? layout.columns[0];
    if (column === undefined) {
      setError('There are no columns to go to.');
      return;
    }
    if (layout.hidden.includes(column)) {
      controller.unhide([column]);
    }
    controller.close();
    controller.goTo(place.row ?? selection.cursor?.row ?? 0, column);
    focusGrid();
  };
  const choose = (column: Column) => go(row === '' ? column.name : `${row}, ${column.name}`);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && hints.length > 0) {
      event.preventDefault();
      setActive((active + step + hints.length + (active < 0 && step < 0 ? 1 : 0)) % hints.length);
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const hint = hints[active];
      if (hint) {
        choose(hint);
      } else {
        go(typed);
      }
    }
  };

  return (
    <Popover anchor={anchor} label="Go to" width={320} onClose={close}>
      <div className="tw-Page-body tw-GoTo">
        <Field
          label="Go to row and column"
          bare
          first
          icon="target"
          placeholder={`Row 1 – ${formatCount(rows)}, column name`}
          value={typed}
          error={error}
          role="combobox"
          aria-expanded={hints.length > 0}
          aria-controls={`${id}-hints`}
          aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
          trailing={<Button look="quiet" label="Go" onClick={() => go(typed)} />}
          onKeyDown={onKeyDown}
          onChange={text => {
            setTyped(text);
            setActive(-1);
            setError(undefined);
          }}
        />
        <div id={`${id}-hints`} className="tw-Types" role="listbox" aria-label="Columns">
          {hints.map((column, index) => (
            <div
              key={column.id}
              id={`${id}-${index}`}
              role="option"
              className="tw-Types-option"
              aria-selected={index === active}
              data-active={index === active ? '' : undefined}
              onPointerMove={() => setActive(index)}
              onClick={() => choose(column)}
            >
              <Icon name={column.kind} />
              <span className="tw-Types-label">{column.name}</span>
              <span className="tw-Types-name">{layout.hidden.includes(column.id) ? 'hidden' : column.dtype}</span>
            </div>
          ))}
        </div>
      </div>
    </Popover>
  );
}
