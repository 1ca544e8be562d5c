import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import { dressCell } from '../tree/cells';
import { titled } from '../tree/figures';
import { useTreegrid } from '../tree/treegrid';
import type { Control } from './control';
import { fated, LOADING, markKey, viewCell, type Marks } from './drawing/cells';
import { Dates } from './drawing/dates';
import { drawColumnFate } from './drawing/fates';
import { drawHeader, HEADER_HEIGHT } from './drawing/header';
import { measureColumn } from './drawing/measure';
import { Desk } from './editing/desk';
import { EditorPopup } from './editing/popup';
import { GlideView } from './glide/glide';
import { markerWidth } from './glide/handle';
import { ROW_HEIGHT, scrollBar } from './height';
import { Keys } from './input/keys';
import { listen } from './input/listener';
import { createEvents } from './input/pointers';
import { defaultWidth, holdable } from './layout';
import { usePalette } from './panels';
import { useOthers } from './people/others';
import type { HeaderArea, Spot, ViewCell, ViewColumn, ViewEvents, ViewHandle } from './view';

/** How long a repainted grid waits before it also redraws its table for screen readers. */
const SETTLE = 60;

/** How long the first cells may take; then their columns are drawn without them. */
const PATIENCE = 300;
/** How long Glide may take to draw a scrolled table. */
const DRAWN = 300;
/** Rows that the first widths are measured by. */
const FIRST_ROWS: [number, number] = [0, 48];

const NOTHING: ViewCell = { ...LOADING, spoken: '' };

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
  const columns = useColumns(control);
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
  const settle = useSettled(
    useCallback(() => {
      if (desk.current?.editor.state) {
        desk.current.editor.place();
      }
      place();
    }, [place])
  );
  const scrolled = useCallback(() => {
    place();
    settle();
  }, [place, settle]);
  const events = useEvents(control, desk, layer, scrolled, hover);
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

  const fitted = grid.fitted || table.rows === 0;
  const late = useLate(PATIENCE, !fitted);
  const drawn = palette !== null && columns.length > 0;
  const size = useRef<[number, number] | undefined>(undefined);
  const room = layer.current;
  if (drawn && room?.clientWidth && !size.current) {
    size.current = [room.clientWidth, Math.min(room.clientHeight, sheet(table.rows, columns, width) ?? Infinity)];
  }
  // It is built while the first cells are on their way, and shown when they have given the columns their widths.
  const shown = drawn && (fitted || late);
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

/** The columns as the view shows them, and after them those that a proposal would add. */
function useColumns(control: Control): ViewColumn[] {
  const { session } = control;
  const { layout, overlay } = control.state;
  const { schema, readOnly } = session.state;
  return useMemo(
    () => [
      ...layout.columns.flatMap<ViewColumn>(id => {
        const column = session.column(id);
        if (!column) {
          return [];
        }
        return [
          {
            id,
            title: column.name,
            kind: column.kind,
            width: Math.max(layout.widths.get(id) ?? defaultWidth(column), overlay?.width(id) ?? 0),
            index: column.index ?? false,
            editable: column.editable !== false && !readOnly
          }
        ];
      }),
      ...(overlay?.columns ?? [])
    ],
    [layout, session, schema, readOnly, overlay]
  );
}

/** What the view tells, for the controller; a column that a proposal would add takes no part. */
function useEvents(
  control: Control,
  desk: React.RefObject<Desk | null>,
  layer: React.RefObject<HTMLElement | null>,
  scrolled: () => void,
  hover: (spot: Spot | null) => void
): ViewEvents {
  return useMemo(() => {
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
        scrolled();
      },
      hovered: spot => {
        made.hovered(spot);
        hover(spot);
      }
    };
  }, [control, desk, layer, scrolled, hover]);
}

/** True once it has been waited for so long. */
function useLate(after: number, waiting: boolean): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    if (!waiting) {
      return undefined;
    }
    const timer = window.setTimeout(() => setLate(true), after);
    return () => window.clearTimeout(timer);
  }, [after, waiting]);
  return late;
}

/** Has `act` called in each frame for a while: until Glide has drawn a scrolled table, its bounds are those from before. */
function useSettled(act: () => void): () => void {
  const frame = useRef(0);
  const until = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  return useCallback(() => {
    until.current = performance.now() + DRAWN;
    const step = () => {
      act();
      frame.current = performance.now() < until.current ? requestAnimationFrame(step) : 0;
    };
    frame.current ||= requestAnimationFrame(step);
  }, [act]);
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
