import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { fated, markKey, viewCell, type Marks } from './cells';
import type { Control } from './control';
import { Dates } from './dates';
import { Desk } from './desk';
import { createEvents } from './events';
import { GlideView } from './glide';
import { markerWidth } from './glide_handle';
import { drawColumnFate } from './draw_fate';
import { dressCell } from '../tree/cells';
import { titled } from '../tree/figures';
import { useTreegrid } from '../tree/treegrid';
import { drawHeader, HEADER_HEIGHT } from './header';
import { ROW_HEIGHT, scrollBar } from './height';
import { listen } from './input';
import { Keys } from './keys';
import { defaultWidth, holdable } from './layout';
import { measureColumn } from './measure';
import { usePalette } from './panels';
import { useOthers } from './others';
import { EditorPopup } from './popup';
import type { HeaderArea, Spot, ViewCell, ViewColumn, ViewEvents, ViewHandle } from './view';

/** How long a repainted grid waits before it also redraws its table for screen readers. */
const SETTLE = 60;

/** How long the first cells may take; then their columns are drawn without them. */
const PATIENCE = 300;
/** Rows that the first widths are measured by. */
const FIRST_ROWS: [number, number] = [0, 48];

const NOTHING: ViewCell = {
  text: '',
  look: 'loading',
  state: 'stored',
  marked: false,
  faded: false,
  numeric: false,
  spoken: ''
};

interface CellsProps {
  control: Control;
  /** Hands over what gives the keyboard to the cells. */
  onReady: (focus: () => void) => void;
  /** Takes the keyboard out of the grid. */
  onLeave: () => void;
}

/** The cells: a view, the editor over it, and all that is heard there. */
export function Cells({ control, onReady, onLeave }: CellsProps) {
  const { session } = control;
  const table = useSyncExternalStore(
    useCallback(listener => session.subscribe(listener), [session]),
    () => session.state
  );
  const grid = useSyncExternalStore(
    useCallback(listener => control.subscribe(listener), [control]),
    () => control.state
  );
  const palette = usePalette();
  const layer = useRef<HTMLDivElement>(null);
  const view = useRef<ViewHandle>(null);
  const desk = useRef<Desk | null>(null);
  const [ready, setReady] = useState<Desk | null>(null);
  const colors = useRef(palette);
  colors.current = palette;
  const width = useWidth(layer);
  const version = useRepaint(control, view);

  useLayoutEffect(() => {
    const element = layer.current;
    if (!element) {
      return undefined;
    }
    const made = new Desk(control, element);
    desk.current = made;
    setReady(made);
    const focus = () => made.editor.focus();
    const detach = control.attach({
      view: () => view.current,
      focus,
      measure: (column, most) => {
        const rows = (most === undefined && view.current?.visible().rows) || FIRST_ROWS;
        return colors.current && measureColumn(session, column, rows, colors.current, most);
      }
    });
    const silence = listen(element, control, made, new Keys(control, made, onLeave));
    onReady(focus);
    return () => {
      silence();
      detach();
      desk.current = null;
      made.dispose();
    };
  }, [control, session, onReady, onLeave]);

  useLayoutEffect(() => control.fit(), [control, palette]);

  const { overlay } = grid;
  const columns = useMemo(
    () => [
      ...grid.layout.columns.flatMap<ViewColumn>(id => {
        const column = session.column(id);
        if (!column) {
          return [];
        }
        return [
          {
            id,
            title: column.name,
            kind: column.kind,
            width: Math.max(grid.layout.widths.get(id) ?? defaultWidth(column), overlay?.width(id) ?? 0),
            index: column.index ?? false,
            editable: column.editable !== false && !table.readOnly
          }
        ];
      }),
      ...(overlay?.columns ?? [])
    ],
    [grid.layout, session, table.schema, table.readOnly, overlay]
  );
  const marks = useMemo<Marks>(
    () => ({
      cells: new Set(grid.matches.map(match => markKey(match.row, match.column))),
      search: (table.view.search ?? '').toLowerCase()
    }),
    [grid.matches, table.view.search]
  );
  const isDay = useDays(control, view);
  const others = useOthers(control, ready, layer, view, palette, version);
  const { mark } = others;
  const cell = useCallback(
    (row: number, place: number) => {
      const id = columns[place]?.id ?? -1;
      const column = session.column(id);
      if (!column) {
        return overlay?.fresh(row, id) ?? NOTHING;
      }
      const plain = viewCell(session, row, column, marks, isDay);
      const drawn = mark(dressCell(plain, control.tree, session.cell(row, id), row, column), row, place);
      const fate = table.tree ? undefined : overlay?.cell(row, id);
      return fate ? fated(drawn, fate) : drawn;
    },
    [control, session, columns, marks, isDay, mark, overlay, table.tree]
  );
  const header = useHeader(control, columns);
  useTreegrid(layer, control.tree, version);
  useHolds(control, view);
  const { place, hover } = others;
  const events = useMemo<ViewEvents>(() => {
    const made = createEvents(
      control,
      () => desk.current,
      () => layer.current
    );
    const own = ({ column }: Spot) => column < control.state.layout.columns.length;
    return {
      ...made,
      picked: next => (!next.cursor || own(next.cursor) ? made.picked(next) : undefined),
      activated: spot => (own(spot) ? made.activated(spot) : undefined),
      pressed: (spot, alternate) => (own(spot) ? made.pressed(spot, alternate) : undefined),
      visible: (...seen) => {
        made.visible(...seen);
        place();
      },
      hovered: (spot: Spot | null) => {
        made.hovered(spot);
        hover(spot);
      }
    };
  }, [control, place, hover]);
  const picked = useMemo(() => control.picked, [control, grid.selection, grid.layout, table.rows]);

  useEffect(() => {
    const seen = view.current?.visible();
    if (seen) {
      events.visible(seen.rows, seen.columns);
    }
  }, [events, grid.layout, table.rows, table.view, table.rev === 0]);
  useLayoutEffect(() => {
    if (palette) {
      ready?.editor.setFont(`12.5px/18px ${palette.font}`);
    }
    ready?.editor.place();
  }, [ready, palette, grid.selection, grid.layout, table.rows, version]);

  const late = useLate(PATIENCE);
  const drawn = palette !== null && columns.length > 0;
  const size = useRef<[number, number] | undefined>(undefined);
  const room = layer.current;
  if (drawn && room?.clientWidth && !size.current) {
    size.current = [room.clientWidth, Math.min(room.clientHeight, sheet(table.rows, columns, width) ?? Infinity)];
  }
  // It is built while the first cells are on their way, and shown when they have given the columns their widths.
  const shown = drawn && (grid.fitted || table.rows === 0 || late);
  const classes = ['tw-Grid-cells', table.connection === 'gone' ? 'tw-mod-gone' : '', table.busy ? 'tw-mod-busy' : ''];
  return (
    <div ref={layer} className={classes.filter(Boolean).join(' ')} aria-busy={table.busy || !shown}>
      {drawn && (
        <div
          className={shown ? 'tw-Grid-sheet' : 'tw-Grid-sheet tw-mod-coming'}
          style={{ maxHeight: sheet(table.rows, columns, width) }}
        >
          <GlideView
            ref={view}
            columns={columns}
            pinned={width ? holdable(grid.layout, width) : grid.layout.pinned}
            rows={table.rows}
            picked={picked}
            palette={palette}
            size={size.current}
            rowHeight={ROW_HEIGHT}
            headerHeight={HEADER_HEIGHT}
            label={table.name ? `Table ${table.name}` : 'Table'}
            version={version}
            cell={cell}
            drawHeader={header}
            events={events}
          />
        </div>
      )}
      {!shown && <Placeholder />}
      {ready && <EditorPopup desk={ready} layer={layer} />}
    </div>
  );
}

/** True once this has been mounted for so long. */
function useLate(after: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setLate(true), after);
    return () => window.clearTimeout(timer);
  }, [after]);
  return late;
}

/** Draws the marks of held totals anew. */
function useHolds(control: Control, view: React.RefObject<ViewHandle | null>): void {
  useEffect(() => control.tree.subscribe(() => view.current?.repaint()), [control, view]);
}

/** Which timestamps are drawn as days. */
function useDays({ session }: Control, view: React.RefObject<ViewHandle | null>): Dates['isDay'] {
  const dates = useRef<Dates | null>(null);
  useLayoutEffect(() => {
    const made = new Dates(
      session,
      () => view.current?.visible().rows ?? FIRST_ROWS,
      () => view.current?.repaint()
    );
    dates.current = made;
    return () => made.dispose();
  }, [session, view]);
  return useCallback((column, value) => dates.current?.isDay(column, value) ?? false, []);
}

/** How high the rows are with their header and scroll bar: what is left below them is no part of the table. */
function sheet(rows: number, columns: readonly ViewColumn[], width: number): number | undefined {
  const wide = markerWidth(rows) + columns.reduce((sum, column) => sum + column.width, 0);
  return rows < 1000 ? HEADER_HEIGHT + rows * ROW_HEIGHT + (wide > width ? scrollBar() : 0) + 1 : undefined;
}

/** The grid's outline before there is anything to show. */
function Placeholder() {
  return (
    <div className="tw-Grid-placeholder" aria-hidden="true">
      <div className="tw-Grid-placeholder-head" style={{ height: HEADER_HEIGHT }} />
    </div>
  );
}

function useWidth(element: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const target = element.current;
    if (!target) {
      return undefined;
    }
    setWidth(target.clientWidth);
    const watch = new ResizeObserver(() => setWidth(target.clientWidth));
    watch.observe(target);
    return () => watch.disconnect();
  }, [element]);
  return width;
}

/** Paints damaged rows at once; the number returned grows a little later, when the burst is over. */
function useRepaint(control: Control, view: React.RefObject<ViewHandle | null>): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let timer = 0;
    const leave = control.session.onDamage(rows => {
      view.current?.repaint(rows);
      timer ||= window.setTimeout(() => {
        timer = 0;
        setVersion(before => before + 1);
      }, SETTLE);
    });
    return () => {
      leave();
      window.clearTimeout(timer);
    };
  }, [control, view]);
  return version;
}

/** Draws the headers. Where the whole table is read-only, which the footer says, no column is marked as such. */
function useHeader(control: Control, columns: readonly ViewColumn[]) {
  const { session } = control;
  const { view, profiles, readOnly } = session.state;
  const { overlay } = control.state;
  const palette = usePalette();
  return useCallback(
    (place: number, { ctx, rect, hover, selected }: HeaderArea) => {
      const id = columns[place]?.id ?? -1;
      const known = session.column(id);
      const own = known && session.state.tree ? titled(session.state.tree, known) : known;
      const fate = overlay?.column(id);
      const column = own ? { ...own, name: fate?.name ?? own.name } : overlay?.described(id);
      if (!column || !palette) {
        return;
      }
      const keys = view.sort ?? [];
      const key = keys.findIndex(each => each.column === column.id);
      const sort = keys[key];
      drawHeader(
        ctx,
        rect,
        {
          column: readOnly ? { ...column, editable: true } : column,
          profile: profiles.get(column.id),
          plain: session.state.tree !== null,
          sort: sort ? { descending: sort.descending ?? false, key: key + 1, keys: keys.length } : undefined,
          filtered: (view.filter ?? []).some(filter => filter.is !== 'expression' && filter.column === column.id),
          pinned: place < control.state.layout.pinned,
          hover,
          selected
        },
        palette
      );
      if (fate) {
        drawColumnFate(ctx, rect, column, fate, palette);
      }
    },
    [control, session, columns, palette, view, profiles, readOnly, overlay]
  );
}
