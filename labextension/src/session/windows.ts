/**
 * The cells that are here: blocks of view rows, each with the columns that were fetched.
 *
 * Windows and patches come on one channel but are computed apart, so a window may be older than a patch that came before
 * it, or newer than one that comes after. Every column of a block knows its revision; recent patches are kept and laid over
 * windows that lack them.
 */
import type { Rows } from '../arrow';
import type { Cells, Column } from '../protocol';
import { fromJson, type Value } from '../values';
import type { RowFacts } from './api';
import { readFacts } from './facts';

/** Rows of a block; fetches start and end at its multiples. */
export const BLOCK = 128;
const MOST_CELLS = 1_000_000;
const MOST_PATCHES = 256;

interface Piece {
  values: Value[];
  rev: number;
  /** False when it is still drawn but must be fetched anew. */
  fresh: boolean;
  /** The revisions of cells that were patched since, by their place in the block. */
  patched: Map<number, number>;
}

interface Block {
  rids: number[];
  /** What is known of the rows themselves, and its revision. */
  facts: RowFacts[];
  told: number;
  pieces: Map<number, Piece>;
}

/** What is not here: the columns to fetch for blocks `[first, last]`. */
export interface Missing {
  first: number;
  last: number;
  columns: number[];
}

export class Windows {
  private readonly blocks = new Map<number, Block>();
  private readonly rowOf = new Map<number, number>();
  private patches: Array<{ rev: number; cells: Cells[] }> = [];
  /** Windows before this revision are of no use at all. */
  private floor = 0;
  private readonly floors = new Map<number, number>();
  private size = 0;

  constructor(private readonly column: (id: number) => Column | undefined) {}

  value(row: number, column: number): Value | undefined {
    return this.blocks.get(Math.floor(row / BLOCK))?.pieces.get(column)?.values[row % BLOCK];
  }

  facts(row: number): RowFacts | undefined {
    return this.blocks.get(Math.floor(row / BLOCK))?.facts[row % BLOCK];
  }

  rid(row: number): number | undefined {
    return this.blocks.get(Math.floor(row / BLOCK))?.rids[row % BLOCK];
  }

  /** The view row of a row id, if it is here. */
  row(rid: number): number | undefined {
    return this.rowOf.get(rid);
  }

  /** The revision that a cell's value is of; undefined while it is not here. */
  rev(rid: number, column: number): number | undefined {
    const row = this.rowOf.get(rid);
    const piece = row === undefined ? undefined : this.blocks.get(Math.floor(row / BLOCK))?.pieces.get(column);
    return row === undefined || !piece ? undefined : Math.max(piece.rev, piece.patched.get(row % BLOCK) ?? 0);
  }

  /** Takes a window that starts at a block's start. False when part of it was too old and must be asked again. */
  put(start: number, rows: Rows, rev: number): boolean {
    if (rev < this.floor) {
      return false;
    }
    let whole = true;
    const facts = readFacts(rows);
    for (let at = 0; at < rows.rids.length; at += BLOCK) {
      const block = this.open(Math.floor((start + at) / BLOCK), rows.rids.slice(at, at + BLOCK));
      if (block.told <= rev) {
        block.facts = facts.slice(at, at + BLOCK);
        block.told = rev;
      }
      for (const [column, values] of rows.columns) {
        const held = block.pieces.get(column);
        if (rev < (this.floors.get(column) ?? 0)) {
          whole = false;
        } else if (!held || held.rev <= rev || !held.fresh) {
          block.pieces.set(column, { values: values.slice(at, at + BLOCK), rev, fresh: true, patched: new Map() });
          this.size += held ? 0 : BLOCK;
        }
      }
    }
    for (const patch of this.patches) {
      if (patch.rev > rev) {
        this.lay(patch.cells, patch.rev);
      }
    }
    return whole;
  }

  private open(index: number, rids: number[]): Block {
    let block = this.blocks.get(index);
    if (!block || block.rids.length !== rids.length || block.rids.some((rid, i) => rid !== rids[i])) {
      if (block) {
        this.shut(index, block);
      }
      block = { rids, facts: [], told: 0, pieces: new Map() };
      this.blocks.set(index, block);
      rids.forEach((rid, i) => this.rowOf.set(rid, index * BLOCK + i));
    }
    return block;
  }

  private shut(index: number, block: Block): void {
    block.rids.forEach((rid, i) => {
      if (this.rowOf.get(rid) === index * BLOCK + i) {
        this.rowOf.delete(rid);
      }
    });
    this.size -= block.pieces.size * BLOCK;
    this.blocks.delete(index);
  }

  /** Applies exact new values; tells the view rows that changed, if any are here. */
  patch(cells: Cells[], rev: number): [start: number, stop: number] | null {
    this.patches.push({ rev, cells });
    if (this.patches.length > MOST_PATCHES) {
      this.floor = Math.max(this.floor, this.patches[0]?.rev ?? 0);
      this.patches = this.patches.slice(1);
    }
    return this.lay(cells, rev);
  }

  private lay(cells: Cells[], rev: number): [start: number, stop: number] | null {
    let start = Infinity;
    let stop = -1;
    for (const { column, rows, values } of cells) {
      const known = this.column(column);
      rows.forEach((rid, i) => {
        const row = this.rowOf.get(rid);
        const piece = row === undefined ? undefined : this.blocks.get(Math.floor(row / BLOCK))?.pieces.get(column);
        if (known && piece && row !== undefined && Math.max(piece.rev, piece.patched.get(row % BLOCK) ?? 0) <= rev) {
          piece.values[row % BLOCK] = fromJson(known, values[i] ?? null);
          piece.patched.set(row % BLOCK, rev);
          start = Math.min(start, row);
          stop = Math.max(stop, row + 1);
        }
      });
    }
    return stop < 0 ? null : [start, stop];
  }

  /** Everything older than `rev` in these columns (all when absent) must be fetched anew; it stays drawn meanwhile. */
  expire(rev: number, columns?: Iterable<number>): void {
    const which = columns && new Set(columns);
    if (which) {
      which.forEach(column => this.floors.set(column, Math.max(rev, this.floors.get(column) ?? 0)));
    } else {
      this.floor = Math.max(this.floor, rev);
    }
    for (const { pieces } of this.blocks.values()) {
      for (const [column, piece] of pieces) {
        if (piece.rev < rev && (!which || which.has(column))) {
          piece.fresh = false;
        }
      }
    }
  }

  /** Forgets columns that are gone or have another type. */
  drop(columns: Iterable<number>): void {
    const which = [...columns];
    for (const { pieces } of this.blocks.values()) {
      for (const column of which) {
        this.size -= pieces.delete(column) ? BLOCK : 0;
      }
    }
  }

  /** Copies what is here to be drawn for a moment while the rows of a new order are fetched. */
  ghost(): Windows {
    const copy = new Windows(this.column);
    for (const [index, { pieces, ...block }] of this.blocks) {
      copy.blocks.set(index, { ...block, pieces: new Map(pieces) });
    }
    return copy;
  }

  /** Forgets all rows; windows older than `rev` are refused from now on. */
  clear(rev: number): void {
    this.blocks.clear();
    this.rowOf.clear();
    this.size = 0;
    this.floor = rev;
    this.floors.clear();
    this.patches = this.patches.filter(patch => patch.rev > rev);
  }

  /** The rows are others altogether: what was patched in them is of no use for those to come. */
  change(rev: number): void {
    this.clear(rev);
    this.patches = [];
  }

  /** Forgets everything; revisions start anew. */
  reset(): void {
    this.clear(0);
    this.patches = [];
  }

  /** What of the blocks under view rows `[start, stop)` must be fetched, neighbours that lack the same joined. */
  missing(start: number, stop: number, columns: number[], pending: (block: number, column: number) => boolean): Missing[] {
    const found: Missing[] = [];
    for (let index = Math.floor(start / BLOCK); index * BLOCK < stop; index++) {
      const pieces = this.blocks.get(index)?.pieces;
      const lacking = columns.filter(column => !pieces?.get(column)?.fresh && !pending(index, column));
      const last = found.at(-1);
      if (last && last.last === index - 1 && last.columns.join() === lacking.join()) {
        last.last = index;
      } else if (lacking.length) {
        found.push({ first: index, last: index, columns: lacking });
      }
    }
    return found;
  }

  /** Whether all of those cells are here (fresh or not). */
  holds(start: number, stop: number, columns: number[]): boolean {
    for (let index = Math.floor(start / BLOCK); index * BLOCK < stop; index++) {
      const pieces = this.blocks.get(index)?.pieces;
      if (!pieces || !columns.every(column => pieces.get(column)?.fresh)) {
        return false;
      }
    }
    return true;
  }

  /** Keeps memory bounded: forgets what is outside rows `[start, stop)`, then other columns, once too much is here. */
  trim(start: number, stop: number, columns: number[]): void {
    if (this.size <= MOST_CELLS) {
      return;
    }
    for (const [index, block] of [...this.blocks]) {
      if ((index + 1) * BLOCK <= start || index * BLOCK >= stop) {
        this.shut(index, block);
      }
    }
    if (this.size > MOST_CELLS) {
      const kept = new Set(columns);
      this.drop(new Set([...this.blocks.values()].flatMap(block => [...block.pieces.keys()].filter(id => !kept.has(id)))));
    }
  }
}
