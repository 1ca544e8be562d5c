import type { Column } from '../../protocol';
import type { Nack } from '../../protocol';
import type { Outcome } from '../../session/api';
import { nodeText } from '../../tree/cells';
import { typable } from '../../tree/figures';
import { written } from '../../tree/nodes';
import { Typing } from '../../tree/typing';
import { doneText } from '../../tree/wording';
import { editText } from '../../values';
import type { Control } from '../control';
import { isTicked, openText } from '../drawing/cells';
import { touchText } from '../panels/wording';
import { at, named } from '../selection';
import type { Box } from '../view';
import { Editor, type Surface, type Target } from './editor';
import { message, refusedCell } from './outcomes';

const MOST_CHOICES = 200;
/** How long the cursor stands still before it is said where it is. */
const RESTS = 150;

/** The editor at work on a table: where its input stands, and what becomes of a text that was typed. */
export class Desk implements Surface {
  readonly editor: Editor;
  /** What is shown of a total while it is typed. */
  readonly typing: Typing;
  /** The column where a run of Tabs began; Enter goes back to it. */
  private origin: number | null = null;
  private readonly leave: () => void;
  private speaking = 0;

  constructor(
    readonly control: Control,
    /** The element that holds the input, over the cells. */
    private readonly layer: HTMLElement
  ) {
    this.editor = new Editor(this);
    this.typing = new Typing(control.tree, this.editor, control.session, () => this.propose());
    layer.append(this.editor.input);
    let cursor = control.state.selection.cursor;
    this.leave = control.subscribe(() => {
      const next = control.state.selection.cursor;
      if (next?.row !== cursor?.row || next?.column !== cursor?.column) {
        this.speakLater();
      }
      cursor = next;
    });
  }

  dispose(): void {
    window.clearTimeout(this.speaking);
    this.leave();
    this.typing.dispose();
    this.editor.dispose();
  }

  /** Says which cell the cursor came to, once it rests. */
  private speakLater(): void {
    window.clearTimeout(this.speaking);
    this.speaking = window.setTimeout(() => {
      const target = this.target();
      if (target && this.editor.focused && !this.editor.state) {
        this.control.say(this.speak(target));
      }
    }, RESTS);
  }

  target(): Target | null {
    const { cursor } = this.control.state.selection;
    const column = this.control.column;
    return cursor && column ? { row: cursor.row, column, rid: this.control.session.rid(cursor.row) } : null;
  }

  lock({ row, column }: Target): string {
    const { tree } = this.control;
    const { readOnly, connection, notice } = this.control.session.state;
    if (connection === 'gone') {
      return notice || 'The table is gone.';
    }
    if (tree.shown) {
      return readOnly || tree.why(row, column.id);
    }
    if (tree.facts(row)?.locked.has(column.id)) {
      return 'This is locked for everyone. It can be unlocked in a rollup.';
    }
    return readOnly || (column.editable === false ? (column.why ?? 'This column is read-only.') : '');
  }

  text({ row, column }: Target): string {
    const { session, tree } = this.control;
    const cell = session.cell(row, column.id);
    return tree.shown && cell?.state === 'stored' ? typable(tree.shown, column, cell.value) : openText(cell, column);
  }

  box(row: number, column: number): Box | undefined {
    const place = this.control.state.layout.columns.indexOf(column);
    const bounds = place < 0 ? undefined : this.control.view?.bounds({ row, column: place });
    if (!bounds) {
      return undefined;
    }
    const origin = this.layer.getBoundingClientRect();
    return { x: bounds.x - origin.x, y: bounds.y - origin.y, width: bounds.width + 1, height: bounds.height + 1 };
  }

  room(): { width: number; height: number } {
    return { width: this.layer.clientWidth, height: this.layer.clientHeight };
  }

  reveal({ row, column }: Target): void {
    const place = this.control.state.layout.columns.indexOf(column.id);
    if (place >= 0) {
      this.control.view?.reveal({ row, column: place });
    }
  }

  commit(target: Target, text: string): void {
    if (this.control.tree.shown) {
      void this.spread(target, text);
    } else {
      void this.write(target, text === '' && target.column.kind !== 'text' ? null : text);
    }
  }

  discard({ row, column }: Target): void {
    this.control.session.discard(row, column.id);
  }

  locked(why: string): void {
    this.control.notify({ level: 'info', text: why });
  }

  async choices(column: Column, search: string): Promise<string[]> {
    const { values } = await this.control.session.values(column.id, search, MOST_CHOICES);
    return values.flatMap(({ value }) => (value === null ? [] : [editText(column, value)]));
  }

  speak({ row, column }: Target): string {
    const cell = this.control.session.cell(row, column.id);
    const said = cell ? openText(cell, column) || 'missing' : 'loading';
    const refused = cell?.state === 'rejected' ? `, refused: ${cell.reason ?? ''}` : '';
    const touch = this.control.session.touch(row, column.id);
    const node = this.control.tree.node(row);
    return `${column.name}, row ${row + 1}: ${said}${refused}${touch ? `, ${touchText(touch)}` : ''}${node ? `, ${nodeText(node)}` : ''}`;
  }

  /** Puts the cursor on the first cell in sight that can be edited. */
  start(): void {
    const { control } = this;
    const { columns } = control.state.layout;
    const column = columns.findIndex(id => !control.session.column(id)?.index);
    const row = control.view?.visible().rows[0] ?? 0;
    control.pick(at({ row, column: Math.max(column, 0) }, control.shape), 'none');
  }

  /** Moves the cursor after a commit, Enter back to the column where the Tabs began. */
  moved(rows: number, columns: number): void {
    const { control } = this;
    const { picked, shape } = control;
    const { cursor } = picked;
    if (!cursor) {
      return;
    }
    if (columns) {
      this.origin ??= cursor.column;
    }
    const column = rows && this.origin !== null ? this.origin : cursor.column + columns;
    if (rows) {
      this.origin = null;
    }
    control.pick(at({ row: cursor.row + rows, column }, shape), 'cursor');
  }

  /** Any other way of moving ends a run of Tabs. */
  forget(): void {
    this.origin = null;
  }

  /** Ticks or unticks the checkbox at a cell. */
  async toggle(target: Target): Promise<void> {
    const why = this.lock(target);
    if (why) {
      this.locked(why);
      return;
    }
    const cell = this.control.session.cell(target.row, target.column.id);
    if (cell) {
      await this.write(target, isTicked(cell) ? 'false' : 'true');
    }
  }

  /** Stores a text, drawn at once. Refused, it comes back into the editor unless the user has gone on meanwhile. */
  async write(target: Target, text: string | null): Promise<void> {
    const { control } = this;
    const { beat } = control;
    const outcome = await this.send(target, text);
    if (outcome.ok) {
      if (outcome.message) {
        control.notify({ level: 'info', text: outcome.message });
      } else {
        control.say(`${target.column.name}, row ${target.row + 1}: ${text ?? 'missing'}, stored`);
      }
      return;
    }
    this.refuse(target, text, outcome.nack, beat);
  }

  /** Writes a total, drawn at once; `show` only shows what that would do. */
  private async spread(target: Target, text: string, show = false): Promise<void> {
    const { control } = this;
    const { beat, tree, session } = control;
    const { column, rid } = target;
    const row = (rid === undefined ? undefined : session.row(rid)) ?? target.row;
    const read = tree.read(column.id, text);
    const refuse = (code: string, words: string, hint: string) =>
      this.refuse({ ...target, row }, text, { type: 'nack', ch: '', seq: 0, code, message: words, hint }, beat);
    if ('error' in read) {
      refuse('TYPE', read.error, read.hint);
      return;
    }
    if (text.trim() === '') {
      control.notify({ level: 'info', text: 'Nothing was written.', hint: 'Type clear to empty the rows, or zero.' });
      return;
    }
    try {
      const outcome = await tree.write(row, column.id, text, show);
      if (outcome?.ok) {
        const told = doneText(outcome, written(tree.node(row)?.path ?? []), text);
        control.notify({ level: 'info', text: told, action: { label: 'Undo', run: () => void control.undo() } });
      } else if (outcome) {
        this.refuse({ ...target, row }, text, outcome.nack, beat);
      } else if (tree.state.proposal) {
        const box = control.view?.bounds({ row, column: control.state.layout.columns.indexOf(column.id) });
        control.open({ kind: 'proposal', anchor: new DOMRect(box?.x, box?.y, box?.width, box?.height) });
      }
    } catch (reason) {
      const { text: words, hint } = message(reason);
      refuse('BAD_MESSAGE', words, hint);
    }
  }

  /** Ends the edit of a total with a look at what it would do. */
  private propose(): void {
    const { state, input } = this.editor;
    if (state) {
      const text = input.value;
      this.editor.cancel();
      void this.spread(state.target, text, true);
    }
  }

  /** Gives a refused text back into the editor, or says so where the user has gone on. */
  private refuse(target: Target, text: string | null, nack: Nack, beat: number): void {
    const { control } = this;
    const { schema } = control.session.state;
    const refused = refusedCell(nack, schema);
    const reopen = () => {
      this.show(target);
      this.editor.open({ text: text ?? '', refused });
    };
    if (control.beat === beat && !this.editor.state) {
      reopen();
      control.say(`Refused: ${refused.reason} ${refused.hint}`);
    } else {
      const hint = refused.hint ? { hint: refused.hint } : {};
      const go = () => {
        this.editor.commit();
        reopen();
      };
      control.notify({ level: 'error', text: refused.reason, ...hint, action: { label: 'Go to the cell', run: go } });
    }
  }

  private send({ row, column, rid }: Target, text: string | null): Promise<Outcome> {
    const { session } = this.control;
    if (rid === undefined || session.rid(row) === rid) {
      return session.type(row, column.id, text);
    }
    // Rows moved while the editor was open; the text belongs to the row it was typed over.
    return session.apply({
      kind: 'set_cells',
      blocks: [{ columns: [column.id], values: [[text]], rows: [rid] }],
      input: 'text'
    });
  }

  private show({ row, column }: Target): void {
    const { control } = this;
    const place = control.state.layout.columns.indexOf(column.id);
    const picked = at({ row, column: Math.max(place, 0) }, control.shape);
    control.select(named(picked, control.state.layout.columns));
    if (picked.cursor) {
      control.view?.reveal(picked.cursor);
    }
  }

  /** Does what a refusal offers and stores the refused text then. */
  async accept(): Promise<void> {
    const editing = this.editor.state;
    const offer = editing?.refused?.offer;
    if (!editing || !offer) {
      return;
    }
    const { target } = editing;
    const text = this.editor.input.value;
    this.editor.cancel();
    this.control.focus();
    const outcome = await this.control.writing.run(offer.op);
    if (outcome.ok && offer.op.kind !== 'spread') {
      const column = this.control.session.column(target.column.id) ?? target.column;
      await this.write({ ...target, column }, text === '' && column.kind !== 'text' ? null : text);
    }
  }
}
