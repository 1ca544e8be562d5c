/** What would become of the table, drawn over its cells until that is decided. */
import type { Column } from '../protocol';
import type { ViewCell, ViewColumn } from './view';

/** What would become of a cell, as texts that could stand in it; an empty `after` is the missing value. */
export interface CellFate {
  fate: 'changed' | 'removed' | 'added';
  after?: string;
}

/** What would become of a column; `name` is the new one. */
export interface ColumnFate {
  fate: 'changed' | 'removed' | 'added';
  name?: string;
}

export interface Overlay {
  /** Columns that would come, with ids below zero; they are drawn after the table's own. */
  readonly columns: readonly ViewColumn[];
  cell(row: number, column: number): CellFate | undefined;
  column(column: number): ColumnFate | undefined;
  /** The width at which a column shows its cells with what would become of them. */
  width(column: number): number;
  /** A cell of a column that would come. */
  fresh(row: number, column: number): ViewCell;
  /** A column that would come, as its header shows it. */
  described(column: number): Column | undefined;
}
