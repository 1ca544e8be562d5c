import { DataEditorCore, GridCellKind, loadingCellRenderer, markerCellRenderer } from '@glideapps/glide-data-grid';
import type {
  CustomCell,
  CustomRenderer,
  DataEditorCoreProps,
  DataEditorRef,
  DrawHeaderCallback,
  ImageWindowLoader,
  GridCell,
  GridColumn,
  InternalCellRenderer,
  InnerGridCell,
  Item
} from '@glideapps/glide-data-grid';
import { forwardRef, useCallback, useEffect, useImperativeHandle, useLayoutEffect, useMemo, useRef } from 'react';
import type { MutableRefObject } from 'react';
import { drawNode } from '../../tree/draw_node';
import { measure } from '../drawing/draw';
import { glideTheme } from '../drawing/theme';
import type { Palette } from '../drawing/theme';
import type { Box, GridView, ViewCell, ViewHandle, ViewProps } from '../view';
import { useFill } from './fill';
import { createHandle, markerWidth, type Latest, type Seen } from './handle';
import { usePointer } from './pointer';
import { fromGlide, rectangle, toGlide } from './selection';

type TableCell = CustomCell<ViewCell>;

const RENDERERS = [markerCellRenderer, loadingCellRenderer] as unknown as readonly InternalCellRenderer<InnerGridCell>[];

/** Glide asks for cells to measure and to fill from; this grid does both itself, so the answer never comes. */
const noCells = () => () => new Promise<GridCell[][]>(() => undefined);

/** Glide loads the images of image cells; this grid has none. */
const NO_IMAGES: ImageWindowLoader = {
  setWindow: () => undefined,
  loadOrGetImage: () => undefined,
  setCallback: () => undefined
};

/** How long after the last scrolling a pointer that moves is not dragging the scroll bar any more. */
const RESTS = 200;

const NO_KEYS = {
  activateCell: false,
  clear: false,
  closeOverlay: false,
  acceptOverlayDown: false,
  acceptOverlayUp: false,
  acceptOverlayLeft: false,
  acceptOverlayRight: false,
  copy: false,
  paste: false,
  cut: false,
  search: false,
  delete: false,
  downFill: false,
  rightFill: false,
  selectAll: false,
  selectRow: false,
  selectColumn: false
} as const;

function renderer(palette: Palette, latest: Latest<ViewProps>): CustomRenderer<TableCell> {
  return {
    kind: GridCellKind.Custom,
    isMatch: (cell): cell is TableCell => cell.kind === GridCellKind.Custom,
    needsHover: cell => cell.data.look === 'choice',
    draw: ({ ctx, rect, theme, hoverAmount, row, col }, cell) => {
      drawNode(ctx, rect, cell.data, palette, theme.baseFontFull, hoverAmount);
      const { cursor } = latest.current.picked;
      if (cursor?.row === row && cursor.column === col - 1) {
        ctx.strokeStyle = palette.brand;
        ctx.lineWidth = 1;
        ctx.strokeRect(rect.x + 1.5, rect.y + 1.5, rect.width - 2, rect.height - 2);
      }
    },
    measure: (ctx, cell, theme) => measure(ctx, theme.baseFontFull, cell.data.text) + 20
  };
}

/** The grid drawn by Glide Data Grid. Its own editor, keys and clipboard are off; see toolchain facts on lost keys. */
export const GlideView: GridView = forwardRef<ViewHandle, ViewProps>(function GlideView(props, ref) {
  const { columns, rows, pinned, picked, palette, size, rowHeight, headerHeight, label, version, cell, drawHeader } = props;
  const wrapper = useRef<HTMLDivElement>(null);
  const editor = useRef<DataEditorRef>(null);
  const latest = useRef(props);
  latest.current = props;
  const seen = useRef<Seen>({ top: 0, x: 0, width: 0, y: 0, height: 0, passing: false, at: 0 });
  const markers = markerWidth(rows);

  const content = useCallback(
    ([column, row]: Item): GridCell => {
      const data = cell(row, column);
      return {
        kind: GridCellKind.Custom,
        allowOverlay: false,
        data,
        copyData: data.spoken,
        readonly: !latest.current.columns[column]?.editable
      };
    },
    // A new function makes Glide draw everything anew.
    // eslint-disable-next-line
    [cell, version, palette]
  );

  const glideColumns = useMemo<GridColumn[]>(
    () => columns.map(column => ({ id: String(column.id), title: column.title, width: column.width })),
    [columns]
  );
  const numbers = useMemo(
    () => ({ kind: 'clickable-number' as const, width: markers, startIndex: 1, theme: { bgCell: palette.sunken } }),
    [markers, palette]
  );
  const heard = useMemo(() => hear(latest, seen), []);
  const theme = useMemo(() => ({ ...glideTheme(palette), markerFontStyle: '11px' }), [palette]);
  const renderers = useMemo(() => [renderer(palette, latest)], [palette]);
  const selection = useMemo(() => toGlide(picked, rows, columns.length), [picked, rows, columns.length]);

  const header = useCallback<DrawHeaderCallback>(
    ({ ctx, columnIndex, rect, hoverAmount, isSelected, hasSelectedCell }) => {
      if (columnIndex < 0) {
        drawCorner(ctx, rect, palette, hoverAmount);
      } else {
        drawHeader(columnIndex, {
          ctx,
          rect,
          hover: hoverAmount,
          selected: isSelected ? 'column' : hasSelectedCell ? 'cell' : 'none'
        });
      }
      return true;
    },
    [drawHeader, palette]
  );

  const mounted = useMemo(() => createHandle(wrapper, editor, latest, seen), []);
  useImperativeHandle(ref, () => mounted, [mounted]);
  useEffect(() => {
    const element = wrapper.current;
    const rest = (event: PointerEvent) => {
      if (event.buttons === 0 && performance.now() - seen.current.at > RESTS) {
        mounted.align();
      }
    };
    element?.addEventListener('pointermove', rest);
    return () => element?.removeEventListener('pointermove', rest);
  }, [mounted]);
  const filling = useFill(wrapper, editor, latest, seen, mounted);
  usePointer(wrapper, editor, latest);
  // Glide draws nothing anew when only the way of drawing headers changed.
  useLayoutEffect(() => mounted.repaintHeaders(), [mounted, header]);
  const regions = useMemo(
    () => (filling ? [{ color: faint(palette.brand), range: rectangle(filling), style: 'dashed' as const }] : undefined),
    [filling, palette]
  );
  useTending(wrapper, label);

  return (
    <div ref={wrapper} className="tw-Grid-view">
      <DataEditorCore
        ref={editor}
        width="100%"
        height="100%"
        initialSize={size}
        columns={glideColumns}
        rows={rows}
        getCellContent={content}
        getCellsForSelection={noCells}
        renderers={RENDERERS}
        customRenderers={renderers}
        imageWindowLoader={NO_IMAGES}
        rowMarkers={numbers}
        freezeColumns={pinned}
        rowHeight={rowHeight}
        headerHeight={headerHeight}
        smoothScrollX
        smoothScrollY
        theme={theme}
        drawHeader={header}
        gridSelection={selection}
        onGridSelectionChange={heard.onGridSelectionChange}
        rangeSelect="multi-rect"
        columnSelect="multi"
        rowSelect="multi"
        spanRangeBehavior="allowPartial"
        keybindings={NO_KEYS}
        editOnType={false}
        scrollToActiveCell={false}
        fillHandle
        highlightRegions={regions}
        minColumnWidth={36}
        maxColumnWidth={1200}
        onColumnResize={heard.onColumnResize}
        onColumnMoved={heard.onColumnMoved}
        onColumnProposeMove={heard.onColumnProposeMove}
        onItemHovered={heard.onItemHovered}
        onVisibleRegionChanged={heard.onVisibleRegionChanged}
      />
    </div>
  );
});

/** What Glide calls; the same functions at each drawing, for a new one would make it draw all it has anew. */
function hear(latest: Latest<ViewProps>, seen: MutableRefObject<Seen>) {
  return {
    onGridSelectionChange: next => latest.current.events.picked(fromGlide(next, latest.current, seen.current)),
    onColumnResize: (_, width, column) => latest.current.events.resized(column, width),
    onColumnMoved: (from, to) => latest.current.events.reordered(from, to),
    onColumnProposeMove: (from, to) => canMove(latest.current, from, to),
    onItemHovered: args =>
      latest.current.events.hovered(args.kind === 'cell' ? { row: args.location[1], column: args.location[0] } : null),
    onVisibleRegionChanged: (region, _tx, ty) => {
      const { passing } = seen.current;
      const { events, rowHeight } = latest.current;
      seen.current = { ...region, top: region.y * rowHeight - ty, passing, at: performance.now() };
      if (!passing) {
        events.visible([region.y, region.y + region.height], [region.x, region.x + region.width]);
      }
    }
  } satisfies Partial<DataEditorCoreProps>;
}

function canMove({ columns, pinned }: ViewProps, from: number, to: number): boolean {
  return !columns[from]?.index && !columns[to]?.index && from < pinned === to < pinned;
}

/** A colour of the palette, hardly there. */
function faint(color: string): string {
  const [red = '0', green = '0', blue = '0'] = color.match(/[\d.]+/g) ?? [];
  return `rgba(${red}, ${green}, ${blue}, 0.12)`;
}

function drawCorner(ctx: CanvasRenderingContext2D, rect: Box, palette: Palette, hover: number): void {
  ctx.fillStyle = hover > 0 ? palette.hover : palette.sunken;
  ctx.fillRect(rect.x, rect.y, rect.width, rect.height - 1);
  ctx.fillStyle = palette.faint;
  const right = rect.x + rect.width - 6;
  const bottom = rect.y + rect.height - 7;
  ctx.beginPath();
  ctx.moveTo(right, bottom - 8);
  ctx.lineTo(right, bottom);
  ctx.lineTo(right - 8, bottom);
  ctx.fill();
}

/**
 * Names the table that Glide keeps for screen readers, and keeps Glide's canvas from taking the focus: it does so a frame
 * after a press, which would break off what an input method composes. Both elements are built anew now and then.
 */
function useTending(wrapper: Latest<HTMLDivElement | null>, label: string): void {
  useEffect(() => {
    const element = wrapper.current;
    if (!element) {
      return undefined;
    }
    const tend = () => {
      element.querySelector('table[role=grid], table[role=treegrid]')?.setAttribute('aria-label', label);
      for (const canvas of element.querySelectorAll('canvas')) {
        canvas.tabIndex = -1;
        canvas.focus = () => undefined;
      }
    };
    tend();
    const watch = new MutationObserver(tend);
    watch.observe(element, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [wrapper, label]);
}
