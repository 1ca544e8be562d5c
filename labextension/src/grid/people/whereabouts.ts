/** Tells the others where this user is: whenever the cursor, the selection or the typing has changed. */
import type { Control } from '../control';
import type { Desk } from '../editing/desk';

export function followUser(control: Control, desk: Desk): () => void {
  const { session } = control;
  const tell = (): void => {
    const { cursor } = control.state.selection;
    const { range } = control;
    if (!cursor) {
      session.here(null);
      return;
    }
    const last = range ? { row: range.stop - 1, column: range.columns.at(-1) ?? cursor.column } : cursor;
    const first = range ? { row: range.start, column: range.columns[0] ?? cursor.column } : cursor;
    session.here({
      row: cursor.row,
      column: cursor.column,
      toRow: cursor.row > first.row ? first.row : last.row,
      toColumn: cursor.column === last.column ? first.column : last.column,
      editing: desk.editor.state !== null
    });
  };
  const leaves = [control.subscribe(tell), session.subscribe(tell), desk.editor.subscribe(tell)];
  return () => leaves.forEach(leave => leave());
}
