import type { Column, Op } from '../../protocol';
import { isNumeric } from '../../values';
import type { Box } from '../view';
import { Choices } from './choices';

/** Room around a text that is edited, and for the calendar's button beside it. */
const PAD = 24;
const CALENDAR = 22;

/** The cell an edit goes to. `rid` is its row's id, if the row was loaded. */
export interface Target {
  row: number;
  column: Column;
  rid: number | undefined;
}

/** Why a text was refused, and what would make it possible. */
export interface Refused {
  reason: string;
  hint: string;
  offer: { label: string; op: Op } | null;
}

/** An edit under way. `typed`: typing began it, so arrow keys end it; `opened`: arrow keys move in the text. */
export interface Editing {
  target: Target;
  mode: 'typed' | 'opened';
  text: string;
  refused: Refused | null;
  /** A calendar is open below, and may have the keyboard. */
  calendar: 'closed' | 'open' | 'focused';
  box: Box | null;
}

/** What the editor needs of the grid around it. Boxes are relative to the layer that holds the input. */
export interface Surface {
  /** The cell under the cursor. */
  target(): Target | null;
  /** Why a cell cannot be edited, or nothing. */
  lock(target: Target): string;
  text(target: Target): string;
  box(row: number, column: number): Box | undefined;
  /** How far the input may grow. */
  room(): { width: number; height: number };
  commit(target: Target, text: string): void;
  discard(target: Target): void;
  locked(why: string): void;
  /** Scrolls a cell into sight that is about to be edited. */
  reveal(target: Target): void;
  moved(rows: number, columns: number): void;
  choices(column: Column, search: string): Promise<string[]>;
  speak(target: Target): string;
}

const PLACED = 'position:absolute;resize:none;box-sizing:border-box;margin:0;overflow:hidden;';

/**
 * The one input of a grid. It has the focus while the cursor moves, unseen over the cell, so that whatever is typed first,
 * by key, dead key or input method, is already in it when the edit begins.
 */
export class Editor {
  readonly input: HTMLTextAreaElement;
  readonly choices: Choices;
  private editing: Editing | null = null;
  private original = '';
  private readonly listeners = new Set<() => void>();
  private font = '12.5px sans-serif';

  constructor(private readonly surface: Surface) {
    this.input = document.createElement('textarea');
    this.input.className = 'tw-Editor-input';
    this.input.spellcheck = false;
    this.input.rows = 1;
    this.input.wrap = 'soft';
    for (const [name, value] of Object.entries({ autocomplete: 'off', autocorrect: 'off', autocapitalize: 'off' })) {
      this.input.setAttribute(name, value);
    }
    this.input.style.cssText = PLACED;
    this.input.addEventListener('compositionstart', () => this.begin());
    this.input.addEventListener('input', () => this.typed());
    this.choices = new Choices(
      (column, search) => this.surface.choices(column, search),
      () => this.emit()
    );
    this.hide();
  }

  get state(): Editing | null {
    return this.editing;
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  focus(): void {
    this.input.focus({ preventScroll: true });
  }

  get focused(): boolean {
    return (this.input.getRootNode() as Document | ShadowRoot).activeElement === this.input;
  }

  /** Opens the cell under the cursor with its text, or with `text` that was refused. */
  open(how: { text?: string; refused?: Refused; calendar?: boolean } = {}): void {
    const target = this.surface.target();
    if (!target) {
      return;
    }
    const why = this.surface.lock(target);
    if (why) {
      this.surface.locked(why);
      return;
    }
    this.original = this.surface.text(target);
    this.surface.reveal(target);
    this.input.value = how.text ?? this.original;
    this.start(target, 'opened', how.refused ?? null, how.calendar ? 'open' : 'closed');
    this.focus();
    if (how.refused) {
      this.input.select();
    } else {
      this.input.setSelectionRange(this.input.value.length, this.input.value.length);
    }
    this.choices.open(target.column, '');
    this.place();
  }

  /** Arrow keys from now on move in the text. */
  stay(): void {
    if (this.editing) {
      this.update({ mode: 'opened' });
    }
  }

  showCalendar(calendar: Editing['calendar']): void {
    this.update({ calendar });
  }

  setText(text: string): void {
    this.input.value = text;
    this.typed();
  }

  insert(text: string): void {
    this.input.setRangeText(text, this.input.selectionStart, this.input.selectionEnd, 'end');
    this.typed();
  }

  /** Ends the edit and stores its text, unless nothing was changed. Returns whether there was an edit. */
  commit(rows = 0, columns = 0): boolean {
    const { editing } = this;
    if (!editing) {
      return false;
    }
    const text = this.choices.complete(this.input.value);
    const changed = editing.mode === 'typed' || editing.refused !== null || text !== this.original;
    this.end();
    if (changed) {
      this.surface.commit(editing.target, text);
    }
    if (rows || columns) {
      this.surface.moved(rows, columns);
    }
    return true;
  }

  cancel(): void {
    const { editing } = this;
    this.end();
    if (editing?.refused) {
      this.surface.discard(editing.target);
    }
  }

  /** Puts the input over its cell: the edited one, else the one under the cursor. */
  place(): void {
    const target = this.editing?.target ?? this.surface.target();
    const box = target ? this.surface.box(target.row, target.column.id) : undefined;
    if (!target || !box) {
      this.input.style.left = '0';
      this.input.style.top = '0';
      return;
    }
    if (!this.editing) {
      this.input.setAttribute('aria-label', this.surface.speak(target));
    }
    const size = this.editing ? this.fit(box) : { width: box.width, height: box.height };
    // Unseen, it stays inside the grid: a browser scrolls the page to an input outside it that is typed into.
    const room = this.surface.room();
    const inside = (at: number, length: number, most: number) => Math.max(0, Math.min(at, most - length));
    Object.assign(this.input.style, {
      left: `${this.editing ? box.x : inside(box.x, size.width, room.width)}px`,
      top: `${this.editing ? box.y : inside(box.y, size.height, room.height)}px`,
      width: `${size.width}px`,
      height: `${size.height}px`
    });
    const before = this.editing?.box;
    const next = { ...box, ...size };
    if (this.editing && !(before && sameBox(before, next))) {
      this.update({ box: next });
    }
  }

  setFont(font: string): void {
    this.font = font;
    this.input.style.font = font;
  }

  dispose(): void {
    this.choices.close();
    this.listeners.clear();
    this.input.remove();
  }

  private begin(): void {
    if (this.editing) {
      return;
    }
    const target = this.surface.target();
    const why = target ? this.surface.lock(target) : '';
    if (!target || why) {
      this.input.value = '';
      if (why) {
        this.surface.locked(why);
      }
      return;
    }
    this.original = this.surface.text(target);
    this.surface.reveal(target);
    this.start(target, 'typed', null, 'closed');
    this.place();
  }

  private typed(): void {
    if (!this.editing) {
      this.begin();
    }
    if (this.editing) {
      this.choices.open(this.editing.target.column, this.input.value);
      this.update({ text: this.input.value, refused: null });
      this.place();
    }
  }

  private start(target: Target, mode: Editing['mode'], refused: Refused | null, calendar: Editing['calendar']): void {
    this.editing = { target, mode, text: this.input.value, refused, calendar, box: null };
    const { style } = this.input;
    style.opacity = '1';
    style.pointerEvents = 'auto';
    style.textAlign = isNumeric(target.column) ? 'right' : 'left';
    this.input.inputMode = isNumeric(target.column) ? 'decimal' : 'text';
    this.input.classList.toggle('tw-mod-refused', refused !== null);
    this.emit();
  }

  private end(): void {
    this.editing = null;
    this.choices.close();
    this.hide();
    this.emit();
    this.place();
  }

  private hide(): void {
    this.input.value = '';
    this.input.classList.remove('tw-mod-refused');
    const { style } = this.input;
    style.opacity = '0';
    style.pointerEvents = 'none';
  }

  private fit(box: Box): { width: number; height: number } {
    const room = this.surface.room();
    const most = Math.max(box.width, Math.min(520, room.width - box.x - 2));
    const lines = this.input.value.split('\n');
    const beside = ['date', 'timestamp'].includes(this.editing?.target.column.kind ?? '') ? PAD + CALENDAR : PAD;
    const longest = lines.reduce((widest, line) => Math.max(widest, textWidth(line, this.font)), 0) + beside;
    const width = Math.min(Math.max(box.width, longest), most);
    const rows = lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(textWidth(line, this.font) / (width - 18))), 0);
    const height = rows <= 1 ? box.height : Math.min(rows * 18 + 12, Math.max(box.height, room.height - box.y - 2));
    this.input.style.overflow = rows * 18 + 12 > height && rows > 1 ? 'auto' : 'hidden';
    return { width, height };
  }

  private update(change: Partial<Editing>): void {
    if (this.editing) {
      this.editing = { ...this.editing, ...change };
      this.input.classList.toggle('tw-mod-refused', this.editing.refused !== null);
      this.emit();
    }
  }

  private emit(): void {
    const { editing, input } = this;
    const list = editing ? this.choices.state : null;
    set(input, 'aria-invalid', editing?.refused ? 'true' : null);
    set(input, 'role', list ? 'combobox' : null);
    set(input, 'aria-expanded', list ? 'true' : null);
    set(input, 'aria-controls', list ? this.choices.id : null);
    set(input, 'aria-activedescendant', list && list.active >= 0 ? `${this.choices.id}-${list.active}` : null);
    set(input, 'aria-describedby', editing?.refused ? `${this.choices.id}-reason` : null);
    this.listeners.forEach(listener => listener());
  }
}

function set(element: HTMLElement, name: string, value: string | null): void {
  if (value === null) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value);
  }
}

function sameBox(a: Box, b: Box): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

let ruler: CanvasRenderingContext2D | null = null;

function textWidth(text: string, font: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (!ruler) {
    return text.length * 7;
  }
  ruler.font = font;
  return ruler.measureText(text).width;
}
