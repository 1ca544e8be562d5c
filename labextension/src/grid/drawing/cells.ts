import type { Column } from '../../protocol';
import type { Cell, Session } from '../../session/api';
import { editText, formatValue, isNumeric, type Value } from '../../values';
import type { CellFate } from '../overlay';
import type { ViewCell } from '../view';
import { dayText } from './dates';

/** A cell whose value is on its way. */
export const LOADING: ViewCell = {
  text: '',
  look: 'loading',
  state: 'stored',
  marked: false,
  faded: false,
  numeric: false,
  spoken: 'loading'
};

/** What a search marks: single cells by key, and every cell whose text contains `search` (in lower case). */
export interface Marks {
  cells: ReadonlySet<string>;
  search: string;
}

export const markKey = (row: number, column: number): string => `${row}:${column}`;

/** A cell of the table as a view draws it; `isDay` says of a timestamp that it is drawn without its time. */
export function viewCell(
  session: Session,
  row: number,
  column: Column,
  marks: Marks,
  isDay: (column: Column, value: Value) => boolean = () => false
): ViewCell {
  const cell = session.cell(row, column.id);
  if (!cell) {
    return LOADING;
  }
  const full = cellText(cell, column);
  const text = cell.state === 'stored' && isDay(column, cell.value) ? dayText(full) : full;
  const drawn: ViewCell = {
    text,
    look: look(cell, column),
    state: cell.state,
    marked: isMarked(cell, row, column, marks),
    faded: column.editable === false && !column.index && !session.state.readOnly,
    numeric: isNumeric(column),
    spoken: cell.state === 'rejected' ? `${text}, refused: ${cell.reason ?? ''}` : text || 'missing'
  };
  if (drawn.look === 'checkbox') {
    drawn.checked = isTicked(cell);
    drawn.spoken = drawn.checked ? 'true' : 'false';
  }
  if (cell.reason !== undefined) {
    drawn.reason = cell.hint ? `${cell.reason} ${cell.hint}` : cell.reason;
  }
  return drawn;
}

function isMarked(cell: Cell, row: number, column: Column, { cells, search }: Marks): boolean {
  if (cells.size > 0 && cells.has(markKey(row, column.id))) {
    return true;
  }
  return search !== '' && cell.value !== null && editText(column, cell.value).toLowerCase().includes(search);
}

function oneLine(text: string): string {
  const short = text.length > 400 ? `${text.slice(0, 400)}…` : text;
  return /[\n\r\t]/.test(short) ? short.replace(/\r\n|[\n\r]/g, ' ⏎ ').replace(/\t/g, ' ') : short;
}

function cellText(cell: Cell, column: Column): string {
  return oneLine(cell.state === 'stored' || cell.text === undefined ? formatValue(column, cell.value) : cell.text);
}

/** A cell with what would become of it. */
export function fated(cell: ViewCell, fate: CellFate): ViewCell {
  const spoken = fate.after === undefined ? 'would be removed' : `would become ${fate.after || 'missing'}`;
  return { ...cell, fate, spoken: `${cell.spoken}, ${spoken}` };
}

/** The text that an editor opens with: as typed while that is not stored, else the value's canonical text. */
export function openText(cell: Cell | undefined, column: Column): string {
  if (!cell) {
    return '';
  }
  return cell.state === 'stored' || cell.text === undefined ? editText(column, cell.value) : cell.text;
}

export function isTicked(cell: Cell): boolean {
  return cell.state === 'stored' || cell.text === undefined ? cell.value === true : cell.text.toLowerCase() === 'true';
}

function look(cell: Cell, column: Column): ViewCell['look'] {
  const typed = cell.state !== 'stored' && cell.text !== undefined;
  if (typed ? cell.text === '' && cell.state === 'pending' : cell.value === null) {
    return 'missing';
  }
  if (column.kind === 'boolean' && (!typed || /^(true|false)$/i.test(cell.text ?? ''))) {
    return 'checkbox';
  }
  if (column.kind === 'category') {
    return 'choice';
  }
  return isNumeric(column) ? 'number' : 'text';
}
