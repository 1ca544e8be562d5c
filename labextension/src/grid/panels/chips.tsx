import { useState } from 'react';
import type { Column, Filter, Sort } from '../../protocol';
import { Icon, type IconName } from '../drawing/icons';
import { plural } from './figures';
import { Check } from './controls';
import { Popover } from './popover';
import { follow } from './report';
import { useGrid, useGridState, useSessionState } from './scope';
import { filterColumn, filterText } from './wording';

interface ChipProps {
  icon: IconName;
  label: string;
  title: string;
  onOpen?: (anchor: DOMRect) => void;
  onRemove: () => void;
}

function Chip({ icon, label, title, onOpen, onRemove }: ChipProps) {
  return (
    <span className="tw-Chip">
      <button
        type="button"
        className="tw-Chip-label"
        title={title}
        disabled={!onOpen}
        onClick={event => onOpen?.(event.currentTarget.getBoundingClientRect())}
      >
        <Icon name={icon} size={13} />
        <span className="tw-Chip-text">{label}</span>
      </button>
      <button type="button" className="tw-Chip-remove" aria-label={`Remove ${title}`} title="Remove" onClick={onRemove}>
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

/** Filters in force, in groups that are removed together: one a column, and the condition on whole rows. */
export function groupFilters(filters: readonly Filter[], columns: readonly Column[]): { column: Column | null; text: string }[] {
  const groups = new Map<number | null, { column: Column | null; text: string }>();
  for (const filter of filters) {
    const id = filterColumn(filter);
    const column = columns.find(other => other.id === id) ?? null;
    if (id !== null && !column) {
      continue;
    }
    const text = filter.is === 'expression' ? filter.sql : column ? filterText(filter, column) : '';
    const before = groups.get(id);
    groups.set(id, { column, text: before ? `${before.text} and ${text}` : text });
  }
  return [...groups.values()];
}

/** What the view does to the table: its sort keys, filters and hidden columns, each removable. */
export function Chips() {
  const { controller } = useGrid();
  const { layout } = useGridState();
  const { view, schema } = useSessionState();
  const sort = view.sort ?? [];
  const filters = groupFilters(view.filter ?? [], schema.columns);
  const any = sort.length + filters.length > 0;
  const name = (key: Sort) => schema.columns.find(column => column.id === key.column)?.name ?? '?';
  return (
    <div className="tw-Chips" role="group" aria-label="Sort and filters">
      {sort.map((key, place) => (
        <Chip
          key={`sort ${key.column}`}
          icon={key.descending ? 'descending' : 'ascending'}
          label={sort.length > 1 ? `${place + 1} ${name(key)}` : name(key)}
          title={`sort by ${name(key)}, ${key.descending ? 'descending' : 'ascending'}`}
          onOpen={() => follow(controller, controller.sort(key.column, !key.descending, sort.length > 1))}
          onRemove={() => follow(controller, controller.sort(key.column, null, true))}
        />
      ))}
      {filters.map(({ column, text }) => (
        <Chip
          key={`filter ${column?.id ?? 'rows'}`}
          icon="funnel"
          label={column ? `${column.name} ${text}` : text}
          title={`filter ${column ? `${column.name} ${text}` : text}`}
          onOpen={anchor => {
            const target = column ?? schema.columns[0];
            if (target) {
              controller.open({ kind: 'column', column: target.id, anchor, page: 'filter' });
            }
          }}
          onRemove={() => follow(controller, column ? controller.filter(column.id, []) : controller.where(''))}
        />
      ))}
      {layout.hidden.length > 0 && <HiddenChip hidden={layout.hidden} />}
      {any && (
        <button type="button" className="tw-Chips-clear" onClick={() => follow(controller, controller.clearView())}>
          Clear
        </button>
      )}
    </div>
  );
}

function HiddenChip({ hidden }: { hidden: readonly number[] }) {
  const { controller, focusGrid } = useGrid();
  const { schema } = useSessionState();
  const [anchor, setAnchor] = useState<DOMRect | null>(null);
  const columns = schema.columns.filter(column => hidden.includes(column.id));
  const close = () => {
    setAnchor(null);
    focusGrid();
  };
  return (
    <>
      <Chip
        icon="hide"
        label={`${columns.length} hidden`}
        title={`${plural(columns.length, 'hidden column')}`}
        onOpen={setAnchor}
        onRemove={() => controller.unhide([...hidden])}
      />
      {anchor && (
        <Popover anchor={anchor} label="Hidden columns" width={220} onClose={() => setAnchor(null)}>
          <div className="tw-Page-body">
            <div className="tw-Hidden">
              {columns.map(column => (
                <Check
                  key={column.id}
                  label={column.name}
                  checked={false}
                  onChange={() => {
                    controller.unhide([column.id]);
                    if (columns.length === 1) {
                      close();
                    }
                  }}
                />
              ))}
            </div>
            <button
              type="button"
              className="tw-Button tw-mod-plain"
              onClick={() => {
                controller.unhide([...hidden]);
                close();
              }}
            >
              Show all
            </button>
          </div>
        </Popover>
      )}
    </>
  );
}
