import type { Nack, Op, Range, Rows } from '../protocol';
import type { Outcome } from '../session/api';
import { fillPlan, MOST_CELLS } from './clipboard/paste';
import { readTable } from './clipboard/tables';
import type { Control } from './control';
import type { Controller, Notice } from './controller';
import { message, offerLabel, refusalText } from './editing/outcomes';

const REFUSED = (code: string, text: string): Outcome => ({
  ok: false,
  nack: { type: 'nack', ch: '', seq: 0, code, message: text }
});

/** A number with its noun. */
export const count = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

/** Everything that changes the table, each as one operation, and what the user is told of it. */
export class Writing {
  constructor(private readonly control: Control) {}

  private get session() {
    return this.control.session;
  }

  private get selection() {
    return this.control.state.selection;
  }

  /** Runs an operation; a refusal becomes a notice with what would make it possible. */
  async run(op: Op, done = ''): Promise<Outcome> {
    const locked = this.session.state.readOnly;
    const outcome = locked ? REFUSED('FORBIDDEN', locked) : await this.session.apply(op);
    if (!outcome.ok) {
      this.refuse(outcome.nack, op);
    } else if (outcome.message) {
      this.control.notify({ level: 'info', text: outcome.message });
    } else if (done) {
      this.control.say(done);
    }
    return outcome;
  }

  refuse(nack: Nack, op?: Op): void {
    const { text, hint } = refusalText(nack);
    const { offer } = nack;
    const notice: Notice = { level: 'error', text, ...(hint ? { hint } : {}) };
    const bad = nack.bad?.[0];
    if (offer) {
      notice.action = { label: offerLabel(offer, this.session.state.schema), run: () => void this.accept(offer, op) };
    } else if (bad) {
      notice.action = { label: 'Go to the first', run: () => this.goToBad(bad.rid, bad.id, bad.row) };
    }
    this.control.notify(notice);
  }

  /** Does what a refusal offered, and then what was refused. */
  private async accept(offer: Op, op: Op | undefined): Promise<void> {
    this.control.notify(null);
    const outcome = await this.run(offer);
    if (outcome.ok && op) {
      await this.run(op, 'Done');
    }
  }

  private goToBad(rid: number, column: number, row: number): void {
    const range = this.control.range;
    const start = range?.start ?? 0;
    const near = [start + row, ...Array.from({ length: 400 }, (_, i) => start + i)].find(each => this.session.rid(each) === rid);
    this.control.goTo(near ?? start + row, column);
    this.control.focus();
  }

  /** Column operations tell their refusals to whoever asked, which is a menu that shows them in place. */
  async structure(op: Op): Promise<Outcome> {
    const locked = this.session.state.readOnly;
    const outcome = locked ? REFUSED('FORBIDDEN', locked) : await this.session.apply(op);
    if (outcome.ok && outcome.message) {
      this.control.notify({ level: 'info', text: outcome.message });
    }
    return outcome;
  }

  /** Inserts before a row of the view, or at the end of the table. */
  async insertRows(row: number, rows: number): Promise<Outcome> {
    const before = this.session.rid(row);
    const op: Op = { kind: 'insert_rows', count: rows, ...(before === undefined ? {} : { before }) };
    return this.run(op, `${count(rows, 'row')} inserted`);
  }

  private rows(): Rows {
    return { ranges: this.control.selectedRows() };
  }

  async duplicateRows(): Promise<Outcome> {
    const ranges = this.control.selectedRows();
    const after = ranges[ranges.length - 1]?.[1];
    const before = after === undefined ? undefined : this.session.rid(after);
    return this.run(
      { kind: 'insert_rows', copy_of: this.rows(), ...(before === undefined ? {} : { before }) },
      'Rows duplicated'
    );
  }

  async deleteRows(): Promise<Outcome> {
    const ranges = this.control.selectedRows();
    const rows = ranges.reduce((sum, [start, stop]) => sum + stop - start, 0);
    if (!rows) {
      return this.nothing('No row is selected.');
    }
    const outcome = await this.run({ kind: 'delete_rows', rows: { ranges } });
    if (outcome.ok) {
      this.control.notify({
        level: 'info',
        text: `${count(rows, 'row')} deleted`,
        action: { label: 'Undo', run: () => void this.control.undo() }
      });
    }
    return outcome;
  }

  private nothing(text: string): Outcome {
    this.control.notify({ level: 'info', text });
    return REFUSED('NO_ROW', text);
  }

  /** Empties the selected cells. */
  async clear(): Promise<Outcome> {
    if (!this.selection.ranges.length) {
      return this.nothing('Nothing is selected.');
    }
    const [range, ...more] = this.selection.ranges;
    const { cursor } = this.selection;
    if (range && cursor && !more.length && range.columns.length === 1 && range.stop - range.start === 1) {
      const locked = this.session.state.readOnly;
      if (locked) {
        return this.run({ kind: 'set_cells', blocks: [] });
      }
      const outcome = await this.session.type(cursor.row, cursor.column, null);
      if (!outcome.ok) {
        this.session.discard(cursor.row, cursor.column);
        this.refuse(outcome.nack, fillPlan(null, this.selection).op);
      }
      return outcome;
    }
    return this.run(fillPlan(null, this.selection).op, 'Cleared');
  }

  async fill(targetStart: number, targetStop: number, mode: 'copy' | 'series'): Promise<Outcome> {
    const { range } = this.control;
    if (!range) {
      return this.nothing('Nothing is selected.');
    }
    return this.fillFrom(range, targetStart, targetStop, mode);
  }

  async fillFrom(source: Range, targetStart: number, targetStop: number, mode: 'copy' | 'series'): Promise<Outcome> {
    const { columns, start, stop } = source;
    return this.run(
      { kind: 'fill', columns, start, stop, target_start: targetStart, target_stop: targetStop, mode },
      `${count(targetStop - targetStart, 'row')} filled`
    );
  }

  /** Repeats the first row of the selection in the others; with one row, the row above it. */
  async fillDown(): Promise<void> {
    const { range } = this.control;
    if (range && range.stop - range.start > 1) {
      await this.fillFrom({ ...range, stop: range.start + 1 }, range.start + 1, range.stop, 'copy');
    } else if (range && range.start > 0) {
      await this.fillFrom({ ...range, start: range.start - 1, stop: range.start }, range.start, range.stop, 'copy');
    }
  }

  /** Repeats the first column of the selection in the others; with one column, the one to its left. */
  async fillRight(): Promise<void> {
    const { range } = this.control;
    const { columns } = this.control.state.layout;
    const first = range?.columns[0];
    if (!range || first === undefined) {
      return;
    }
    const targets = range.columns.length > 1 ? range.columns.slice(1) : range.columns;
    const source = range.columns.length > 1 ? first : columns[columns.indexOf(first) - 1];
    if (source === undefined || (range.stop - range.start) * targets.length > MOST_CELLS) {
      return;
    }
    try {
      const tsv = await this.session.copy({ start: range.start, stop: range.stop, columns: [source] }, false);
      const cells = readTable('', tsv).map(([cell]) => cell || null);
      while (cells.length < range.stop - range.start) {
        cells.push(null);
      }
      const block = { columns: targets, values: targets.map(() => cells), start: range.start, stop: range.stop };
      await this.run({ kind: 'set_cells', blocks: [block], input: 'text' }, 'Filled');
    } catch (error) {
      this.tell(error);
    }
  }

  replace: Controller['replace'] = (find, replacement, options) =>
    this.session.apply({ kind: 'replace', find, replacement, ...options });

  async step(which: 'undo' | 'redo'): Promise<void> {
    const outcome = await this.session[which]();
    if (!outcome.ok) {
      this.control.notify({
        level: 'info',
        text: outcome.nack.message,
        ...(outcome.nack.hint ? { hint: outcome.nack.hint } : {})
      });
    } else if (outcome.message || outcome.skipped) {
      this.control.notify({
        level: 'info',
        text: outcome.message || `${count(outcome.skipped, 'cell')} changed since and stayed.`
      });
    } else {
      this.control.say(which === 'undo' ? 'Undone' : 'Redone');
    }
  }

  tell(error: unknown): void {
    const { text, hint } = message(error);
    this.control.notify({ level: 'error', text, ...(hint ? { hint } : {}) });
  }
}
