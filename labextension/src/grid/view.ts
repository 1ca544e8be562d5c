import type { ForwardRefExoticComponent, RefAttributes } from 'react';
import type { Kind } from '../protocol';
import type { Palette } from './drawing/theme';
import type { CellFate } from './overlay';

/** A rectangle of cells by position: view rows and drawn columns, counted from 0. */
export interface Block {
  row: number;
  column: number;
  rows: number;
  columns: number;
}

export interface Spot {
  row: number;
  column: number;
}

/** What is selected, by position. The last block is the one being extended and holds the cursor. */
export interface Picked {
  cursor: Spot | null;
  blocks: readonly Block[];
}

export interface Point {
  x: number;
  y: number;
}

export interface ViewColumn {
  id: number;
  title: string;
  kind: Kind;
  width: number;
  /** An index level: drawn as a label, never edited or moved. */
  index: boolean;
  editable: boolean;
}

/** What is drawn in a cell of somebody else's selection: its edges, and more of a frame where their cursor is. */
export interface PeerMark {
  color: string;
  /** Over the cell's ground; nothing for a selection of one cell. */
  wash: string;
  cursor: boolean;
  top: boolean;
  bottom: boolean;
  left: boolean;
  right: boolean;
}

/** A cell that somebody else has just changed. */
export interface Flash {
  /** Over the cell's ground, while it is lit. */
  wash: string;
  /** The colour of its corner. */
  mark: string;
}

/** One cell as it is drawn. */
export interface ViewCell {
  text: string;
  look: 'text' | 'number' | 'checkbox' | 'choice' | 'missing' | 'loading' | 'node';
  checked?: boolean;
  state: 'stored' | 'pending' | 'rejected';
  /** Why it was rejected. */
  reason?: string;
  /** A search found it. */
  marked: boolean;
  /** It cannot be edited. */
  faded: boolean;
  peers?: readonly PeerMark[];
  flash?: Flash;
  /** Where it stands in a tree; `rank` is how many levels are below its own. */
  node?: { depth: number; twisty: 'none' | 'open' | 'closed'; rank: number };
  /** A total of others. */
  strong?: boolean;
  /** It keeps its value: for this user, or for everyone. */
  mark?: 'hold' | 'lock';
  /** What would become of it. */
  fate?: CellFate;
  /** Belongs to the right. */
  numeric: boolean;
  /** The cell in words, for screen readers. */
  spoken: string;
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** What a header drawing gets: where to draw and how the column stands to the pointer and the selection. */
export interface HeaderArea {
  ctx: CanvasRenderingContext2D;
  rect: Box;
  /** 0 to 1, as a hover fades in. */
  hover: number;
  selected: 'none' | 'cell' | 'column';
}

/** What a view calls when the user does something with a pointer. Positions, not ids. */
export interface ViewEvents {
  picked(picked: Picked): void;
  visible(rows: [start: number, stop: number], columns: [start: number, stop: number]): void;
  /** A double click on a cell. */
  activated(spot: Spot): void;
  /** A click on the checkbox, on the arrow of a choice or on the triangle of a node; `alternate` when Alt was held. */
  pressed(spot: Spot, alternate: boolean): void;
  cellMenu(spot: Spot, at: Point): void;
  headerMenu(column: number): void;
  /** A press on a header, `at` from its corner. True when it hit a button there, and so selects nothing. */
  headerPressed(column: number, at: Point, size: { width: number; height: number }, add: boolean): boolean;
  resized(column: number, width: number): void;
  autosized(column: number): void;
  reordered(from: number, to: number): void;
  /** The fill handle was drawn out; `alternate` when Ctrl or Cmd was held. */
  filled(source: Block, target: Block, alternate: boolean): void;
  /** The fill handle was double-clicked. */
  filledDown(): void;
  hovered(spot: Spot | null): void;
}

export interface ViewProps {
  columns: readonly ViewColumn[];
  /** How many columns, from the left, do not scroll. */
  pinned: number;
  rows: number;
  picked: Picked;
  palette: Palette;
  /** How large the view will be at first, where that is known; it need not wait for its element then. */
  size?: readonly [width: number, height: number];
  rowHeight: number;
  headerHeight: number;
  label: string;
  /** Grows whenever everything is to be drawn anew. */
  version: number;
  cell(row: number, column: number): ViewCell;
  drawHeader(column: number, area: HeaderArea): void;
  events: ViewEvents;
}

/** What can be asked of a mounted view. Boxes are in client pixels. */
export interface ViewHandle {
  bounds(spot: Spot): Box | undefined;
  headerBounds(column: number): Box | undefined;
  /** Scrolls as little as needed to show the cell; `center` puts its row in the middle if it was out of sight. */
  reveal(spot: Spot, center?: boolean): void;
  /** Draws these rows anew, or everything visible. */
  repaint(rows?: [start: number, stop: number]): void;
  /** Draws these cells anew, as far as they are in sight. */
  repaintCells(spots: readonly Spot[]): void;
  /** How many whole rows fit. */
  page(): number;
  visible(): { rows: [number, number]; columns: [number, number] };
  /** Whether a cell begins beside the columns that do not scroll, and below the header: not under them. */
  uncovered(spot: Spot): boolean;
}

/** A table drawn from a cell function; it holds no data and decides nothing. Any grid library can stand behind it. */
export type GridView = ForwardRefExoticComponent<ViewProps & RefAttributes<ViewHandle>>;
