import type { Column, Range } from '../../protocol';
import { formatValue } from '../../values';
import type { Control } from '../control';
import { hitHeader } from '../drawing/header';
import type { Desk } from '../editing/desk';
import { shorten, touchText } from '../panels/wording';
import { at, named } from '../selection';
import type { Block, Spot, ViewEvents } from '../view';

/** How long scrolling rests before distributions are asked for. */
const RESTS = 120;

/** What pointers do in the cells, as acts of the controller. */
export function createEvents(control: Control, desk: () => Desk | null, cells: () => HTMLElement | null): ViewEvents {
  const { session } = control;
  const id = (place: number) => control.state.layout.columns[place];
  const asRange = ({ row, rows, column, columns }: Block): Range => ({
    start: row,
    stop: row + rows,
    columns: control.state.layout.columns.slice(column, column + columns)
  });
  const select = (spot: Spot) => control.select(named(at(spot, control.shape), control.state.layout.columns));
  const openColumn = (place: number) => {
    const column = id(place);
    const box = control.view?.headerBounds(place);
    if (column !== undefined && box) {
      control.open({ kind: 'column', column, anchor: new DOMRect(box.x, box.y, box.width, box.height) });
    }
  };

  const turn = (row: number, all: boolean) => {
    (all ? control.tree.openBelow(row) : control.tree.toggle(row)).catch((reason: unknown) => control.writing.tell(reason));
  };

  let asking = 0;
  /** Asks for the distributions of the columns in sight, once scrolling rests. */
  const askProfiles = (columns: number[]) => {
    window.clearTimeout(asking);
    asking = window.setTimeout(() => {
      const missing = columns.filter(each => !session.state.profiles.has(each));
      if (missing.length) {
        session.profile(missing);
      }
    }, RESTS);
  };

  return {
    picked: picked => control.select(named(picked, control.state.layout.columns)),
    visible(rows, [start, stop]) {
      const { columns, pinned } = control.state.layout;
      const near = columns.slice(Math.max(pinned, start - 2), stop + 3);
      const seen = [...columns.slice(0, pinned), ...near];
      session.ensure(rows[0], rows[1], seen);
      desk()?.editor.place();
      askProfiles(seen);
    },
    activated(spot) {
      select(spot);
      if (control.tree.isLabel(id(spot.column) ?? -1)) {
        control.tree.enterNode(spot.row).catch((reason: unknown) => control.writing.tell(reason));
        return;
      }
      const target = desk()?.target();
      if (target?.column.kind !== 'boolean') {
        desk()?.editor.open({ calendar: target?.column.kind === 'date' });
      }
    },
    pressed(spot, alternate) {
      select(spot);
      if (control.tree.shown) {
        turn(spot.row, alternate);
        return;
      }
      const target = desk()?.target();
      if (target?.column.kind === 'boolean') {
        void desk()?.toggle(target);
      } else {
        desk()?.editor.open();
      }
    },
    cellMenu(spot, { x, y }) {
      const column = id(spot.column);
      if (column !== undefined) {
        control.open({ kind: 'cell', row: spot.row, column, anchor: new DOMRect(x, y, 0, 0) });
      }
    },
    headerMenu: openColumn,
    headerPressed(place, point, size, add) {
      const column = id(place);
      const keys = session.state.view.sort ?? [];
      const key = keys.find(each => each.column === column);
      const hit = hitHeader(point.x, point.y, size, key !== undefined);
      if (column === undefined || hit === 'none') {
        return false;
      }
      if (hit === 'menu') {
        openColumn(place);
      } else {
        control
          .sort(column, key?.descending ? null : true, add || keys.length > 1)
          .catch((reason: unknown) => control.writing.tell(reason));
      }
      return true;
    },
    resized(place, width) {
      const column = id(place);
      if (column !== undefined) {
        control.resize(column, width);
      }
    },
    autosized(place) {
      const column = id(place);
      const picked = control.state.selection.ranges.filter(range => range.stop - range.start === session.state.rows);
      const together = picked.flatMap(range => range.columns);
      if (column !== undefined) {
        control.autosize(together.includes(column) ? together : [column]);
      }
    },
    reordered(from, to) {
      const column = control.tree.shown ? undefined : id(from);
      const place = column === undefined ? null : landing(control, column, to);
      if (column !== undefined && place !== null) {
        void control.move(column, place).then(outcome => outcome.ok || control.writing.refuse(outcome.nack));
      }
    },
    filled(source, target, alternate) {
      const series = source.rows > 1 !== alternate;
      void control.writing.fillFrom(asRange(source), target.row, target.row + target.rows, series ? 'series' : 'copy');
    },
    filledDown() {
      const { range } = control;
      if (range && range.stop < session.state.rows) {
        void fillToNeighbour(control, range);
      }
    },
    hovered(spot) {
      const element = cells();
      const column = spot ? session.column(id(spot.column) ?? -1) : undefined;
      const told = spot && column ? tell(control, spot.row, column) : '';
      if (element && element.title !== told) {
        element.title = told;
      }
    }
  };
}

/** What there is to be said of a cell besides its value: what is proposed, why it was refused or cannot be edited, who changed it. */
function tell({ session, state, tree }: Control, row: number, column: Column): string {
  const cell = session.cell(row, column.id);
  const reasons = cell?.state === 'rejected' ? [cell.reason, cell.hint] : [];
  const touch = session.touch(row, column.id);
  const locked = column.editable === false && !column.index ? column.why : '';
  const touched = touch ? [touchText(touch), `before: ${shorten(formatValue(column, touch.before)) || 'missing'}`] : [];
  const fate = state.overlay?.cell(row, column.id);
  const now = cell ? shorten(formatValue(column, cell.value)) || 'missing' : '';
  const proposed = !fate ? '' : fate.after === undefined ? 'would go' : `would become: ${fate.after || 'missing'}\nnow: ${now}`;
  const kept = tree.shown ? tree.why(row, column.id) : '';
  return [proposed, ...reasons, ...touched, kept || locked].filter(Boolean).join('\n');
}

/** Where a dragged column goes among the data columns, counted without it; null when it stays. */
export function landing(control: Control, column: number, to: number): number | null {
  const { columns } = control.state.layout;
  const left = columns.filter(each => each !== column);
  const data = control.session.state.schema.columns.filter(each => !each.index).map(each => each.id);
  const rest = data.filter(each => each !== column);
  const isIndex = (each: number | undefined) => each === undefined || control.session.column(each)?.index === true;
  const before = left[to];
  const after = left[to - 1];
  const place = !isIndex(before) ? rest.indexOf(before ?? -1) : isIndex(after) ? 0 : rest.indexOf(after ?? -1) + 1;
  return place < 0 || place === data.indexOf(column) ? null : place;
}

const FARTHEST = 100_000;

/** Fills a range down as far as the column beside it has values, or to the end where it has no gap in sight. */
async function fillToNeighbour(control: Control, range: Range): Promise<void> {
  const { session, state } = control;
  const first = state.layout.columns.indexOf(range.columns[0] ?? -1);
  const beside = state.layout.columns[first - 1] ?? state.layout.columns[first + range.columns.length];
  const end = Math.min(session.state.rows, range.stop + FARTHEST);
  let stop = range.stop;
  if (beside === undefined) {
    return;
  }
  while (stop < end) {
    const next = Math.min(stop + 2000, end);
    await session.load(stop, next, [beside]);
    while (stop < next && session.cell(stop, beside)?.value != null) {
      stop++;
    }
    if (stop < next) {
      break;
    }
  }
  if (stop > range.stop) {
    const series = range.stop - range.start > 1;
    await control.writing.fillFrom(range, range.stop, stop, series ? 'series' : 'copy');
    control.select({ cursor: state.selection.cursor, ranges: [{ ...range, stop }] });
  }
}
