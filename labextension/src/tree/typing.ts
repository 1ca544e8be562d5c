/** A total being typed: how it reads, what it would do, and the methods on offer. It writes nothing. */
import type { Column, Spread, SpreadPreview } from '../protocol';
import type { Session } from '../session/api';
import type { Editor } from '../grid/editing/editor';
import { message } from '../grid/editing/outcomes';
import { isNumeric } from '../values';
import type { TreeActs } from './acts';
import { methodPart, withMethod } from './entry';
import { FORMS } from './methods';

/** Quiet after a key before it is asked what the text would do. */
const QUIET = 140;
const MOST_COLUMNS = 6;

export interface Offer {
  form: string;
  says: string;
  bare: boolean;
}

export interface TypingState {
  /** Of the cell that is typed over: the node's rows. */
  leaves: number;
  /** How what was typed reads; nothing while it does not read. */
  op: Spread | null;
  found: SpreadPreview | null;
  /** Why it does not read, or cannot be done. */
  problem: { text: string; hint: string } | null;
  /** Methods that may follow; `active` is the one that Enter takes. */
  list: { items: readonly Offer[]; active: number } | null;
}

export class Typing {
  state: TypingState | null = null;
  readonly id = `tw-methods-${Math.random().toString(36).slice(2, 9)}`;
  private readonly listeners = new Set<() => void>();
  private readonly leave: () => void;
  private timer = 0;
  private text: string | null = null;
  private wanted = false;

  constructor(
    private readonly acts: TreeActs,
    private readonly editor: Editor,
    private readonly session: Session,
    /** Ends the edit with a look at what it would do. */
    private readonly propose: () => void
  ) {
    this.leave = editor.subscribe(() => this.follow());
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    this.leave();
    window.clearTimeout(this.timer);
    this.listeners.clear();
  }

  /** Takes a key while a total is typed; true when it was for the methods. */
  key({ key, altKey, ctrlKey, metaKey }: KeyboardEvent): boolean {
    const { state } = this;
    if (!state) {
      return false;
    }
    const { list } = state;
    if (altKey && (key === 'ArrowDown' || key === 'ArrowUp')) {
      this.offer(key === 'ArrowDown' || !list);
      return true;
    }
    if ((ctrlKey || metaKey) && key === 'Enter') {
      this.propose();
      return true;
    }
    if (!list?.items.length) {
      return false;
    }
    const { items, active } = list;
    switch (key) {
      case 'ArrowDown':
      case 'ArrowUp': {
        const step = key === 'ArrowDown' ? 1 : -1;
        this.set({ list: { items, active: (Math.max(active, step > 0 ? -1 : 0) + step + items.length) % items.length } });
        return true;
      }
      case 'Enter':
      case 'Tab':
        if (active >= 0) {
          this.take(active);
          return true;
        }
        return false;
      case 'Escape':
        this.offer(false);
        return true;
    }
    return false;
  }

  /** Shows the methods, or no longer. */
  offer(on: boolean): void {
    this.wanted = on;
    const items = on ? this.offers('') : [];
    this.set({ list: items.length ? { items, active: 0 } : null });
  }

  /** Puts a method behind the number; what is left to fill in is selected. */
  take(place: number): void {
    const offer = this.state?.list?.items[place];
    const { input } = this.editor;
    if (offer) {
      this.wanted = false;
      const text = withMethod(input.value, offer.form, offer.bare);
      this.editor.setText(text);
      this.editor.stay();
      const open = /(TO|ALONG,LAST|ALONG,PERCENT|COLUMN)\)$/.exec(text);
      if (open?.[1]) {
        input.setSelectionRange(open.index, open.index + open[1].length);
      }
      this.set({ list: null });
    }
  }

  private follow(): void {
    const { editor, acts } = this;
    const editing = acts.shown ? editor.state : null;
    if (!editing) {
      window.clearTimeout(this.timer);
      this.text = null;
      this.wanted = false;
      if (this.state) {
        this.state = null;
        this.tell();
      }
      return;
    }
    const { target, text } = editing;
    if (this.state && text === this.text) {
      return;
    }
    this.text = text;
    const column = target.column.id;
    const entry = acts.read(column, text);
    const fresh = this.state === null;
    const part = methodPart(text);
    const items = this.wanted ? this.offers('') : part === null || fresh ? [] : this.offers(part);
    const list = items.length && !items.some(({ form }) => form === part) ? { items, active: this.wanted ? 0 : -1 } : null;
    const problem = 'error' in entry ? { text: entry.error, hint: entry.hint } : null;
    const op = acts.operation(target.row, column, entry);
    this.state = { leaves: acts.node(target.row)?.leaves ?? 0, op, found: null, problem: list ? null : problem, list };
    this.tell();
    window.clearTimeout(this.timer);
    if (op) {
      this.timer = window.setTimeout(() => void this.rehearse(op, text), QUIET);
    }
  }

  private async rehearse(op: Spread, text: string): Promise<void> {
    try {
      const found = await this.session.planner.preview(op);
      if (this.text === text) {
        this.set({ found, problem: null });
      }
    } catch (reason) {
      if (this.text === text) {
        this.set({ problem: message(reason) });
      }
    }
  }

  private offers(part: string): Offer[] {
    const column = this.editor.state?.target.column;
    const plain = column !== undefined && !isNumeric(column);
    const base = this.session.state.base.columns;
    const others = base.filter(each => isNumeric(each) && each.id !== this.acts.shows(column?.id ?? -1)?.column);
    const all = FORMS.filter(each => !plain || each.plain).flatMap(({ form, says, bare = false }) =>
      form.includes('(COLUMN)') ? named(form, others).map(each => ({ form: each, says, bare })) : [{ form, says, bare }]
    );
    return all.filter(({ form }) => form.toLowerCase().startsWith(part.toLowerCase().replace(/[ -]/g, '_')));
  }

  private set(change: Partial<TypingState>): void {
    if (this.state) {
      this.state = { ...this.state, ...change };
      this.tell();
    }
  }

  private tell(): void {
    const { input } = this.editor;
    const list = this.state?.list;
    const active = list && list.active >= 0 ? `${this.id}-${list.active}` : null;
    if (this.state && active) {
      input.setAttribute('aria-activedescendant', active);
      input.setAttribute('aria-controls', this.id);
    } else if (this.state) {
      input.removeAttribute('aria-activedescendant');
    }
    this.listeners.forEach(listener => listener());
  }
}

function named(form: string, columns: readonly Column[]): string[] {
  const quoted = (name: string) => (/[(),@"]/.test(name) ? `"${name.replace(/"/g, '""')}"` : name);
  return columns.slice(0, MOST_COLUMNS).map(({ name }) => form.replace('COLUMN', quoted(name)));
}
