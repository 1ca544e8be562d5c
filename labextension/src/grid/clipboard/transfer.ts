import type { Range } from '../../protocol';
import { pastedTotals } from '../../tree/pasting';
import type { Control } from '../control';
import { openText } from '../drawing/cells';
import { count, type Writing } from '../writing';
import { MOST_CELLS, pastePlan, type Plan } from './paste';
import { readTable, tableHtml, writeClipboard, writeTsv, type Table } from './tables';

const MOST_COPIED = 5_000_000;
/** Cells that are copied at once, without asking the table for their text. */
const NEAR = 20_000;

/** Totals that one paste may write. */
const MOST_TOTALS = 10_000;

/** Between the table and the clipboard. */
export class Transfer {
  constructor(
    private readonly control: Control,
    private readonly writing: Writing
  ) {}

  private get session() {
    return this.control.session;
  }

  private get selection() {
    return this.control.state.selection;
  }

  async cut(): Promise<void> {
    if (await this.copy(false)) {
      await this.writing.clear();
    }
  }

  /** The selection's text if all of it is here and it is small, so that a copy event can take it at once. */
  nearText(): string | null {
    const { ranges } = this.selection;
    const [range] = ranges;
    if (ranges.length !== 1 || !range || (range.stop - range.start) * range.columns.length > NEAR) {
      return null;
    }
    const columns = range.columns.map(id => this.session.column(id));
    const rows: string[][] = [];
    for (let row = range.start; row < range.stop; row++) {
      const line: string[] = [];
      for (const column of columns) {
        const cell = column && this.session.cell(row, column.id);
        if (!column || !cell || cell.state !== 'stored' || column.kind === 'binary') {
          return null;
        }
        line.push(openText(cell, column));
      }
      rows.push(line);
    }
    return writeTsv(rows);
  }

  /** Answers a copy event at once where that is possible. */
  copyNow(data: DataTransfer): boolean {
    const text = this.nearText();
    if (text === null) {
      return false;
    }
    data.setData('text/plain', text);
    data.setData('text/html', tableHtml(text, false));
    this.told();
    return true;
  }

  private told(): void {
    const cells = this.selection.ranges.reduce((sum, { start, stop, columns }) => sum + (stop - start) * columns.length, 0);
    this.control.say(`${count(cells, 'cell')} copied`);
  }

  async copy(headers: boolean): Promise<boolean> {
    const ranges = joined(this.selection.ranges);
    const cells = ranges?.reduce((sum, { start, stop, columns }) => sum + (stop - start) * columns.length, 0) ?? 0;
    if (!ranges) {
      this.control.notify({
        level: 'info',
        text: 'These ranges cannot be copied together.',
        hint: 'Select the same rows or the same columns in each.'
      });
      return false;
    }
    if (!cells) {
      return false;
    }
    if (cells > MOST_COPIED) {
      this.control.notify({
        level: 'error',
        text: `${count(cells, 'cell')} do not fit the clipboard.`,
        hint: `Select at most ${MOST_COPIED.toLocaleString('en-US')} cells.`
      });
      return false;
    }
    const text = Promise.all(ranges.map((range, index) => this.session.copy(range, headers && index === 0))).then(parts =>
      parts.map(part => part.replace(/\n$/, '')).join('\n')
    );
    try {
      if (await writeClipboard(text, headers)) {
        this.told();
        return true;
      }
      this.control.notify({
        level: 'error',
        text: 'The browser did not allow the copy.',
        action: { label: 'Copy', run: () => void this.copy(headers) }
      });
    } catch (error) {
      this.writing.tell(error);
    }
    return false;
  }

  async pasteFromMenu(): Promise<void> {
    const keys = 'Press Ctrl+V (⌘V) in the grid instead.';
    if (!navigator.clipboard?.read) {
      this.control.notify({ level: 'info', text: 'This browser lets only the keyboard paste.', hint: keys });
      return;
    }
    try {
      const [item] = await navigator.clipboard.read();
      const text = async (type: string) => (item?.types.includes(type) ? (await item.getType(type)).text() : '');
      await this.paste(readTable(await text('text/html'), await text('text/plain')));
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
      this.control.notify({ level: 'info', text: 'The browser did not allow the paste.', hint: keys });
    }
  }

  /** Writes a table of cells as one operation; asks first where it is larger than the room. */
  async paste(table: Table): Promise<void> {
    const { columns } = this.control.state.layout;
    const plan = pastePlan(table, this.selection, columns, this.session.state.rows);
    if (!plan) {
      return;
    }
    if (this.control.tree.shown) {
      await this.pasteTotals(plan);
      return;
    }
    const cells = plan.op.blocks.reduce((sum, block) => sum + block.values.reduce((most, each) => most + each.length, 0), 0);
    if (cells > MOST_CELLS) {
      this.control.notify({
        level: 'error',
        text: `${count(cells, 'cell')} are too many for one paste.`,
        hint: `Paste at most ${MOST_CELLS.toLocaleString('en-US')}.`
      });
    } else if (plan.columns) {
      const text = `The clipboard is ${count(plan.columns, 'column')} wider than the room to the right.`;
      this.offer(text, 'Paste what fits', () => this.place({ ...plan, columns: 0 }));
    } else {
      await this.place(plan);
    }
  }

  /** Writes numbers over totals as one operation; many rows are shown first what becomes of them. */
  private async pasteTotals({ op, rows, columns, selection }: Plan): Promise<void> {
    const { control, session } = this;
    const { tree } = control;
    const lacks = rows ? count(rows, 'row') : columns ? count(columns, 'column') : '';
    const cells = op.blocks.flatMap(({ start = 0, stop = 0, columns: ids, values }) =>
      ids.flatMap((column, place) =>
        Array.from({ length: stop - start }, (_, nth) => {
          const list = values[place] ?? [];
          return { row: start + nth, column, text: String(list[list.length > 1 ? nth : 0] ?? '') };
        })
      )
    );
    if (lacks || cells.length > MOST_TOTALS) {
      const hint = lacks
        ? 'Open the nodes it is for, and begin at their first.'
        : `Paste at most ${MOST_TOTALS.toLocaleString('en-US')} totals.`;
      const text = lacks
        ? `The clipboard has ${lacks} more than the tree shows there.`
        : `${count(cells.length, 'cell')} are too many for one paste.`;
      control.notify({ level: 'error', text, hint });
      return;
    }
    try {
      await Promise.all(op.blocks.map(({ start = 0, stop = 0, columns: ids }) => session.load(start, stop, ids)));
      const made = pastedTotals(tree, cells);
      const [first] = cells;
      if ('text' in made || !first) {
        control.notify({ level: 'error', text: 'Nothing was pasted.', ...('text' in made ? made : {}) });
        return;
      }
      control.select(selection);
      const outcome = await tree.writeAll(made, first.row, first.column);
      if (outcome?.ok) {
        const text = outcome.message || `${count(made.targets.length, 'total')} pasted, ${count(outcome.cells, 'cell')} changed`;
        control.notify({ level: 'info', text, action: { label: 'Undo', run: () => void control.undo() } });
      } else if (outcome) {
        this.writing.refuse(outcome.nack);
      } else {
        const box = control.view?.bounds({ row: first.row, column: control.state.layout.columns.indexOf(first.column) });
        control.open({ kind: 'proposal', anchor: new DOMRect(box?.x, box?.y, box?.width, box?.height) });
      }
    } catch (error) {
      this.writing.tell(error);
    }
  }

  private async place(plan: Plan): Promise<void> {
    if (plan.rows) {
      const rows = count(plan.rows, 'row');
      this.offer(`The clipboard is ${rows} longer than the table.`, `Add ${rows} and paste`, () => this.extend(plan));
    } else {
      await this.write(plan);
    }
  }

  /** Asks with a notice; Enter in the grid says yes. */
  private offer(text: string, label: string, run: () => Promise<void>): void {
    const take = () => {
      this.control.notify(null);
      // Whoever showed the question takes it away after this; what comes of it shows then.
      queueMicrotask(() => void run());
    };
    this.control.ask({ level: 'info', text, hint: 'Enter does it.', action: { label, run: take } });
  }

  private async extend(plan: Plan): Promise<void> {
    const before = this.session.state.rows;
    const added = await this.writing.run({ kind: 'insert_rows', count: plan.rows });
    if (!added.ok) {
      return;
    }
    await this.settled(() => this.session.state.rows >= before + plan.rows);
    if (this.session.state.rows < before + plan.rows) {
      await this.session.undo();
      this.control.notify({
        level: 'error',
        text: 'The new rows do not show under this filter.',
        hint: 'Clear the filter and paste again.'
      });
    } else if (!(await this.write({ ...plan, rows: 0 }))) {
      await this.session.undo();
    }
  }

  /** Waits until the session's state has come to something, a second at most. */
  private settled(done: () => boolean): Promise<void> {
    return new Promise(resolve => {
      if (done()) {
        resolve();
        return;
      }
      const end = () => {
        leave();
        clearTimeout(timer);
        resolve();
      };
      const leave = this.session.subscribe(() => done() && end());
      const timer = setTimeout(end, 1000);
    });
  }

  private async write(plan: Plan): Promise<boolean> {
    this.control.select(plan.selection);
    const outcome = await this.writing.run(plan.op);
    if (outcome.ok) {
      this.control.say(`${count(outcome.cells, 'cell')} pasted`);
    }
    return outcome.ok;
  }
}

/** Ranges that can stand as one table: one, or several over the same rows side by side, or over the same columns stacked. */
export function joined(ranges: readonly Range[]): Range[] | null {
  const [first, ...rest] = ranges;
  if (!first || !rest.length) {
    return first ? [first] : [];
  }
  if (rest.every(range => range.start === first.start && range.stop === first.stop)) {
    return [{ ...first, columns: [...new Set(ranges.flatMap(range => range.columns))] }];
  }
  if (rest.every(range => range.columns.join() === first.columns.join())) {
    return [...ranges].sort((a, b) => a.start - b.start);
  }
  return null;
}
