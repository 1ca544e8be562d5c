/** The menus of a tree's columns and cells. */
import { useCallback, useState } from 'react';
import type { Column, Filter } from '../protocol';
import type { Panel } from '../grid/controller';
import { Icon } from '../grid/drawing/icons';
import { keyHint } from '../grid/panels/cell_menu';
import { layoutLines, sortLines } from '../grid/panels/column_menu';
import { Field } from '../grid/panels/controls';
import { Menu, type MenuItem } from '../grid/panels/menu';
import { Page } from '../grid/panels/page';
import { Popover } from '../grid/panels/popover';
import { FailureNote } from '../grid/panels/refused';
import { follow } from '../grid/panels/report';
import { useGrid, useGridState, useSessionState } from '../grid/panels/scope';
import { explain, filterColumn, filterText, refusal, type Failure } from '../grid/panels/wording';
import { isNumeric } from '../values';
import { written } from './nodes';
import { useTree } from './status';

export function TreeColumnMenu({ panel }: { panel: Extract<Panel, { kind: 'column' }> }) {
  const { controller, focusGrid } = useGrid();
  const { schema, view } = useSessionState();
  const { layout } = useGridState();
  const { acts } = useTree();
  const [page, setPage] = useState<'menu' | 'filter'>(panel.page === 'filter' ? 'filter' : 'menu');
  const close = useCallback(() => controller.close(), [controller]);
  const column = schema.columns.find(({ id }) => id === panel.column);
  if (!column) {
    return null;
  }
  const done = () => {
    controller.close();
    focusGrid();
  };
  const filters = (view.filter ?? []).filter(each => filterColumn(each) === column.id);
  const groups: MenuItem[][] = [
    sortLines(column, controller, done),
    [
      {
        label: 'Filter',
        icon: 'funnel',
        deeper: true,
        detail: filters.map(each => filterText(each, column)).join(', '),
        run: () => setPage('filter')
      }
    ],
    layoutLines(column, layout, [column.id], controller, done)
  ];
  const shows = acts.shows(column.id);
  const why = column.editable === false && shows ? column.why : '';
  return (
    <Popover
      anchor={panel.anchor}
      label={`Column ${column.name}`}
      width={page === 'menu' ? 268 : 300}
      page={page}
      onClose={close}
    >
      {page === 'menu' ? (
        <>
          <header className="tw-ColumnMenu-head">
            <Icon name={column.kind} />
            <h2 className="tw-ColumnMenu-name">{column.name}</h2>
          </header>
          <p className="tw-ColumnMenu-why">{why || 'Sorted among the nodes below the same one.'}</p>
          <Menu label={`Commands for ${column.name}`} groups={groups} first />
        </>
      ) : (
        <FilterPage column={column} filters={filters} onBack={panel.page ? undefined : () => setPage('menu')} onDone={done} />
      )}
    </Popover>
  );
}

interface FilterPageProps {
  column: Column;
  filters: readonly Filter[];
  onBack: (() => void) | undefined;
  onDone: () => void;
}

/** Keeps the nodes whose label contains a text, or whose total is in a range; nodes above those stay. */
function FilterPage({ column, filters, onBack, onDone }: FilterPageProps) {
  const { controller } = useGrid();
  const [own] = filters;
  const [lo, setLo] = useState(own?.is === 'range' ? String(own.lo ?? '') : '');
  const [hi, setHi] = useState(own?.is === 'range' ? String(own.hi ?? '') : '');
  const [text, setText] = useState(own?.is === 'text' ? own.text : '');
  const [failure, setFailure] = useState<Failure | null>(null);
  const bound = (typed: string) => {
    const plain = typed.trim().replace(/,/g, '');
    return plain === '' ? undefined : column.kind === 'decimal' ? plain : Number(plain);
  };
  const apply = () => {
    const ends = [bound(lo), bound(hi)];
    if (ends.some(end => end !== undefined && !Number.isFinite(Number(end)))) {
      setFailure({ message: 'A bound is not a number.', hint: 'Such as 1200.' });
      return;
    }
    const range = ends.some(end => end !== undefined);
    const made: Filter[] = isNumeric(column)
      ? range
        ? [{ is: 'range', column: column.id, lo: ends[0] ?? null, hi: ends[1] ?? null }]
        : []
      : text
        ? [{ is: 'text', column: column.id, text, mode: 'contains' }]
        : [];
    controller.filter(column.id, made).then(onDone, (reason: unknown) => setFailure(explain(reason)));
  };
  const clear = () => follow(controller, controller.filter(column.id, []).then(onDone));
  return (
    <Page
      title={`Filter ${column.name}`}
      onBack={onBack}
      onSubmit={apply}
      submit="Apply"
      aside={{ label: 'Clear filter', onClick: clear, disabled: !own }}
    >
      {isNumeric(column) ? (
        <div className="tw-Rollup-line">
          <Field label="At least" value={lo} onChange={setLo} first inputMode="decimal" />
          <Field label="At most" value={hi} onChange={setHi} inputMode="decimal" />
        </div>
      ) : (
        <Field label="Contains" value={text} onChange={setText} first />
      )}
      {failure && <FailureNote failure={failure} />}
    </Page>
  );
}

export function TreeCellMenu({ panel }: { panel: Extract<Panel, { kind: 'cell' }> }) {
  const { controller, focusGrid } = useGrid();
  const { selection } = useGridState();
  const { readOnly } = useSessionState();
  const { acts } = useTree();
  const close = useCallback(() => controller.close(), [controller]);
  const node = acts.node(panel.row);
  if (!node) {
    return null;
  }
  const { row, column } = panel;
  const then = (run: () => Promise<unknown> | void) => () => {
    controller.close();
    focusGrid();
    follow(controller, Promise.resolve(run()));
  };
  const label = acts.isLabel(column);
  const facts = acts.facts(row);
  const locked = facts?.locked.has(column) ?? false;
  const held = acts.holdAt(row, column);
  const cells = selection.ranges.flatMap(({ start, stop, columns }) =>
    Array.from({ length: Math.min(stop - start, 1_000) }, (_, i) =>
      columns.map(each => ({ row: start + i, column: each }))
    ).flat()
  );
  const chosen = cells.length > 1 ? cells.filter(cell => acts.shows(cell.column)) : [{ row, column }];
  const cannot = controller.session.column(column)?.editable === false ? controller.session.column(column)?.why : '';
  const setLock = async () => {
    const outcome = await acts.lock(row, column, !locked);
    const nack = outcome && refusal(outcome);
    if (nack) {
      controller.notify({ level: 'error', text: nack.message, ...(nack.hint ? { hint: nack.hint } : {}) });
    } else if (outcome?.ok) {
      controller.notify({ level: 'info', text: outcome.message || (locked ? 'Unlocked' : 'Locked for everyone') });
    }
  };
  const groups: MenuItem[][] = [
    [
      { label: 'Copy', icon: 'copy', keys: keyHint('Ctrl+C'), run: then(() => controller.copy(false)) },
      { label: 'Copy with headers', run: then(() => controller.copy(true)) }
    ],
    label
      ? []
      : [
          {
            label: held ? 'No longer hold' : chosen.length > 1 ? `Hold ${chosen.length} totals` : 'Hold this total',
            icon: 'pin',
            detail: 'for you',
            keys: 'Alt+H',
            disabled: cannot || false,
            run: then(() => acts.hold(chosen))
          },
          {
            label: locked ? 'Unlock' : 'Lock',
            icon: 'lock',
            detail: 'for everyone',
            disabled: readOnly || cannot || false,
            run: then(setLock)
          }
        ],
    node.children
      ? [
          {
            label: node.open ? 'Close' : 'Open',
            icon: node.open ? 'up' : 'down',
            keys: node.open ? 'Alt+←' : 'Alt+→',
            run: then(() => acts.toggle(row))
          },
          { label: 'Open all below', icon: 'rollup', keys: '*', run: then(() => acts.openBelow(row)) }
        ]
      : [],
    [{ label: `Show the rows of ${written(node.path.slice(-1))}`, icon: 'show', run: then(() => acts.showRows(row)) }]
  ];
  return (
    <Popover anchor={panel.anchor} label="Cell menu" width={264} onClose={close}>
      <Menu label="Cell" groups={groups} first />
    </Popover>
  );
}
