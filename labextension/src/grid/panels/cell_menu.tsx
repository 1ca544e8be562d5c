import { useCallback } from 'react';
import type { Filter } from '../../protocol';
import { toJson } from '../../values';
import type { Controller, Panel, Selection } from '../controller';
import { isMac } from '../input/keyboard';
import { plural } from './figures';
import { filterByValue } from './filter_draft';
import { Menu, type MenuItem } from './menu';
import { Popover } from './popover';
import { follow, report } from './report';
import { scalarText } from './scalars';
import { useGrid, useGridState, useSessionState } from './scope';
import { filterColumn } from './wording';

type CellPanel = Extract<Panel, { kind: 'cell' }>;

/** The rows a selection covers, counted once. */
export function selectedRows(selection: Selection): { first: number; last: number; count: number } | null {
  const ranges = [...selection.ranges].sort((left, right) => left.start - right.start);
  const first = ranges[0];
  if (!first) {
    return null;
  }
  let count = 0;
  let reached = 0;
  for (const { start, stop } of ranges) {
    count += Math.max(stop - Math.max(start, reached), 0);
    reached = Math.max(reached, stop);
  }
  return { first: first.start, last: reached - 1, count };
}

/** "Ctrl+C", or "⌘C" on a Mac. */
export function keyHint(keys: string): string {
  return isMac() ? keys.replace('Ctrl+', '⌘').replace('Shift+', '⇧').replace('Delete', '⌫') : keys;
}

function shorten(text: string): string {
  return text.length > 22 ? `${text.slice(0, 20)}…` : text;
}

/** The context menu of a cell and of what is selected with it. */
export function CellMenu({ panel }: { panel: CellPanel }) {
  const { controller, focusGrid } = useGrid();
  const { selection } = useGridState();
  const { readOnly, view, schema } = useSessionState();
  const { session } = controller;
  const close = useCallback(() => controller.close(), [controller]);
  const done = (run: () => Promise<unknown>) => () => {
    controller.close();
    focusGrid();
    follow(controller, run());
  };

  const column = schema.columns.find(({ id }) => id === panel.column);
  const rows = selectedRows(selection) ?? { first: panel.row, last: panel.row, count: 1 };
  const cells = selection.ranges.some(range => range.columns.some(id => session.column(id)?.editable !== false));
  const locked = readOnly || (cells || selection.ranges.length === 0 ? false : column?.why || 'These cells cannot be edited.');
  const many = rows.count > 1 ? plural(rows.count, 'row') : 'row';
  const tall = selection.ranges.some(range => range.stop - range.start > 1);

  const groups: MenuItem[][] = [
    [
      { label: 'Cut', icon: 'cut', keys: keyHint('Ctrl+X'), disabled: locked, run: done(() => controller.cut()) },
      { label: 'Copy', icon: 'copy', keys: keyHint('Ctrl+C'), run: done(() => controller.copy(false)) },
      { label: 'Copy with headers', run: done(() => controller.copy(true)) },
      { label: 'Paste', icon: 'paste', keys: keyHint('Ctrl+V'), disabled: locked, run: done(() => controller.paste()) }
    ],
    [
      { label: 'Clear', icon: 'clear', keys: keyHint('Delete'), disabled: locked, run: done(() => controller.clear()) },
      {
        label: 'Fill down',
        icon: 'fill_down',
        keys: keyHint('Ctrl+D'),
        disabled: locked || (tall ? false : 'Select the cells below as well.'),
        run: done(() => fillDown(controller))
      }
    ],
    [
      {
        label: `Insert ${many} above`,
        icon: 'insert_above',
        disabled: readOnly || false,
        run: done(() => controller.insertRows(rows.first, rows.count))
      },
      {
        label: `Insert ${many} below`,
        icon: 'insert_below',
        disabled: readOnly || false,
        run: done(() => controller.insertRows(rows.last + 1, rows.count))
      },
      {
        label: `Duplicate ${many}`,
        icon: 'duplicate',
        disabled: readOnly || false,
        run: done(() => controller.duplicateRows())
      },
      {
        label: `Delete ${many}`,
        icon: 'trash',
        danger: true,
        disabled: readOnly || false,
        run: done(() => controller.deleteRows())
      }
    ]
  ];

  const cell = session.cell(panel.row, panel.column);
  if (column && cell && cell.state === 'stored') {
    const value = toJson(column, cell.value);
    const name = value === null ? 'missing' : shorten(scalarText(value, column)) || 'empty text';
    const own = (view.filter ?? []).filter((filter: Filter) => filterColumn(filter) === column.id);
    groups.push([
      {
        label: `Keep only ${name}`,
        icon: 'funnel',
        run: done(() => controller.filter(column.id, filterByValue(column, own, value, false)))
      },
      {
        label: `Exclude ${name}`,
        run: done(() => controller.filter(column.id, filterByValue(column, own, value, true)))
      }
    ]);
  }
  groups.push([
    {
      label: 'History of this cell',
      icon: 'history',
      run: () => controller.open({ kind: 'history', row: panel.row, column: panel.column })
    }
  ]);

  return (
    <Popover anchor={panel.anchor} label="Cell menu" width={244} onClose={close}>
      <Menu label="Cell" groups={groups} first />
    </Popover>
  );
}

/** Repeats the first row of the selection in the others. */
async function fillDown(controller: Controller): Promise<void> {
  const range = controller.state.selection.ranges.at(-1);
  if (range) {
    const { start, stop, columns } = range;
    const op = {
      kind: 'fill',
      columns,
      start,
      stop: start + 1,
      target_start: start + 1,
      target_stop: stop,
      mode: 'copy'
    } as const;
    report(controller, controller.session.apply(op));
  }
}
