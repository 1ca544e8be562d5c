import { useCallback, useEffect, useState } from 'react';
import type { Column, Range } from '../../protocol';
import { chartOf } from '../charting';
import type { Controller, Layout, Panel } from '../controller';
import { Icon } from '../drawing/icons';
import { BoundsPage, boundsText } from './bounds_page';
import { InsertPage, RenamePage, useAttempt } from './column_pages';
import { plural } from './figures';
import { FilterPage } from './filter_page';
import { Menu, type MenuItem } from './menu';
import { Popover } from './popover';
import { Refused } from './refused';
import { follow } from './report';
import { useGrid, useGridState, useSessionState } from './scope';
import { Summary } from './summary';
import { TypePage } from './type_page';
import { filterColumn, filterText } from './wording';

type ColumnPanel = Extract<Panel, { kind: 'column' }>;
const NUMBERS: ReadonlySet<Column['kind']> = new Set(['integer', 'float', 'decimal']);
type PageName = 'menu' | NonNullable<ColumnPanel['page']>;

/** The columns that a command on `column` is for: all whole columns selected with it, else itself. */
export function targets(column: number, ranges: readonly Range[], rows: number): number[] {
  const whole = ranges.filter(range => range.start === 0 && range.stop >= rows && rows > 1).flatMap(range => range.columns);
  return whole.includes(column) ? [...new Set(whole)] : [column];
}

/** How the ends of a sort read for a kind of column. */
function directions(column: Column): [ascending: string, descending: string] {
  switch (column.kind) {
    case 'text':
    case 'category':
      return column.ordered ? ['first → last', 'last → first'] : ['A → Z', 'Z → A'];
    case 'boolean':
      return ['false → true', 'true → false'];
    case 'date':
    case 'time':
    case 'timestamp':
      return ['oldest first', 'newest first'];
    case 'integer':
    case 'float':
    case 'decimal':
    case 'duration':
      return ['smallest first', 'largest first'];
    default:
      return ['', ''];
  }
}

/** Everything about one column: what is in it, its order, its filter, its name, type and place. */
export function ColumnMenu({ panel }: { panel: ColumnPanel }) {
  const { controller, focusGrid } = useGrid();
  const { schema } = useSessionState();
  const column = schema.columns.find(({ id }) => id === panel.column);
  const [page, setPage] = useState<PageName>(panel.page ?? 'menu');
  const close = useCallback(() => controller.close(), [controller]);
  const done = useCallback(() => {
    controller.close();
    focusGrid();
  }, [controller, focusGrid]);

  useEffect(() => {
    if (!column) {
      close();
    }
  }, [column, close]);
  if (!column) {
    return null;
  }
  const back = panel.page ? undefined : () => setPage('menu');
  const props = { column, onBack: back, onDone: done };
  return (
    <Popover
      anchor={panel.anchor}
      label={`Column ${column.name}`}
      width={page === 'menu' ? 268 : 320}
      page={page}
      onClose={close}
    >
      {page === 'menu' && <MainPage column={column} onPage={setPage} onDone={done} />}
      {page === 'filter' && <FilterPage {...props} />}
      {page === 'rename' && <RenamePage {...props} />}
      {page === 'type' && <TypePage {...props} />}
      {page === 'bounds' && <BoundsPage {...props} />}
      {page === 'insert' && <InsertPage {...props} />}
    </Popover>
  );
}

export function sortLines(column: Column, controller: Controller, onDone: () => void): MenuItem[] {
  const keys = controller.session.state.view.sort ?? [];
  const own = keys.find(key => key.column === column.id);
  const others = keys.length - (own ? 1 : 0);
  const [up, down] = directions(column);
  const sort = (descending: boolean | null, add: boolean) => () => {
    onDone();
    follow(controller, controller.sort(column.id, descending, add));
  };
  const lines: MenuItem[] = [
    { label: 'Sort ascending', icon: 'ascending', detail: up, run: sort(false, false) },
    { label: 'Sort descending', icon: 'descending', detail: down, run: sort(true, false) }
  ];
  if (others > 0) {
    lines.push(
      { label: 'Then by this, ascending', icon: 'ascending', detail: up, run: sort(false, true) },
      {
        label: 'Then by this, descending',
        icon: 'descending',
        detail: down,
        run: sort(true, true)
      }
    );
  }
  if (own) {
    lines.push({ label: 'Remove sort', icon: 'close', run: sort(null, others > 0) });
  }
  return lines;
}

export function layoutLines(
  column: Column,
  layout: Layout,
  chosen: number[],
  controller: Controller,
  onDone: () => void
): MenuItem[] {
  const place = layout.columns.indexOf(column.id);
  const pinned = place >= 0 && place < layout.pinned;
  const many = chosen.length > 1 ? ` ${plural(chosen.length, 'column')}` : '';
  const then = (run: () => void) => () => {
    run();
    onDone();
  };
  const lines: MenuItem[] = [
    { label: `Fit width${many ? ` of${many}` : ' to content'}`, icon: 'width', run: then(() => controller.autosize(chosen)) },
    { label: `Hide${many || ' column'}`, icon: 'hide', run: then(() => controller.hide(chosen)) }
  ];
  if (!column.index) {
    lines.unshift({
      label: pinned ? 'Unpin' : 'Pin to the left',
      icon: 'pin',
      run: then(() => controller.pin(column.id, !pinned))
    });
  }
  return lines;
}

function MainPage({ column, onPage, onDone }: { column: Column; onPage: (page: PageName) => void; onDone: () => void }) {
  const { controller } = useGrid();
  const { layout, selection } = useGridState();
  const { profiles, readOnly, rows, view } = useSessionState();
  const { nack, attempt } = useAttempt(onDone);
  const profile = profiles.get(column.id);

  useEffect(() => {
    controller.session.profile([column.id]);
  }, [controller, column.id]);

  const chosen = targets(column.id, selection.ranges, rows);
  const filters = (view.filter ?? []).filter(filter => filterColumn(filter) === column.id);
  const why = readOnly || (column.index ? column.why || 'Index levels cannot be changed here.' : false);
  const dropping = chosen.length > 1 ? `Delete ${plural(chosen.length, 'column')}` : 'Delete column';
  const bounds: MenuItem[] = NUMBERS.has(column.kind)
    ? [
        {
          label: 'Bounds',
          icon: 'bounds',
          deeper: true,
          detail: boundsText(column),
          disabled: why,
          run: () => onPage('bounds')
        }
      ]
    : [];
  const groups: MenuItem[][] = [
    sortLines(column, controller, onDone),
    [
      {
        label: 'Filter',
        icon: 'funnel',
        deeper: true,
        detail: filters.map(filter => filterText(filter, column)).join(', '),
        run: () => onPage('filter')
      }
    ],
    [
      {
        label: chosen.length > 1 ? `Chart of ${plural(chosen.length, 'column')}` : 'Chart',
        icon: 'chart',
        run: () => {
          const columns = chosen.map(id => controller.session.column(id)).filter(each => each !== undefined);
          onDone();
          controller.chart(chartOf(columns));
        }
      }
    ],
    layoutLines(column, layout, chosen, controller, onDone),
    [
      { label: 'Rename', icon: 'pencil', deeper: true, disabled: why, run: () => onPage('rename') },
      { label: 'Change type', icon: 'retype', deeper: true, detail: column.dtype, disabled: why, run: () => onPage('type') },
      ...bounds,
      { label: 'Insert column', icon: 'insert_right', deeper: true, disabled: readOnly || false, run: () => onPage('insert') },
      {
        label: dropping,
        icon: 'trash',
        danger: true,
        disabled: why,
        run: () => attempt(() => controller.dropColumns(chosen))
      }
    ]
  ];
  return (
    <>
      <header className="tw-ColumnMenu-head">
        <Icon name={column.kind} />
        <h2 className="tw-ColumnMenu-name">{column.name}</h2>
        <span className="tw-ColumnMenu-type">{column.dtype}</span>
      </header>
      <Summary profile={profile} column={column} />
      {column.why && <p className="tw-ColumnMenu-why">{column.why}</p>}
      <Menu label={`Commands for ${column.name}`} groups={groups} first />
      {nack && (
        <div className="tw-Page-body">
          <Refused nack={nack} />
        </div>
      )}
    </>
  );
}
