import type { Column } from '../../protocol';

const SHOWN = 200;

/** The values on offer for the text in the editor; `active` is the one that Enter takes, or -1. */
export interface ChoiceList {
  items: string[];
  active: number;
}

let count = 0;

/** The choice list of a category's editor: what matches the text so far, with the best match first. */
export class Choices {
  readonly id = `tw-choices-${++count}`;
  private list: ChoiceList | null = null;
  private column: Column | null = null;
  private search = '';
  /** True once the arrow keys chose; then Enter takes that one whatever was typed. */
  private chosen = false;

  constructor(
    private readonly ask: (column: Column, search: string) => Promise<string[]>,
    private readonly changed: () => void
  ) {}

  get state(): ChoiceList | null {
    return this.list;
  }

  open(column: Column, search: string): void {
    if (column.kind !== 'category') {
      this.close();
      return;
    }
    this.column = column;
    this.search = search;
    this.chosen = false;
    if (column.categories) {
      this.show(column.categories);
      return;
    }
    void this.ask(column, search).then(items => {
      if (this.column === column && this.search === search) {
        this.show(items);
        this.changed();
      }
    });
  }

  close(): void {
    this.column = null;
    this.list = null;
  }

  move(by: number): boolean {
    if (!this.list || !this.list.items.length) {
      return false;
    }
    const { items, active } = this.list;
    this.chosen = true;
    this.list = { items, active: active < 0 && by < 0 ? items.length - 1 : (active + by + items.length) % items.length };
    this.changed();
    return true;
  }

  take(index: number): void {
    if (this.list) {
      this.chosen = true;
      this.list = { ...this.list, active: index };
    }
  }

  /** The text to store: the choice on offer if one was picked or begins with the text, else the text itself. */
  complete(text: string): string {
    const { list } = this;
    const active = list?.items[list.active];
    if (!this.column || active === undefined) {
      return text;
    }
    if (this.chosen) {
      return active;
    }
    const exact = this.column.categories?.includes(text) || list?.items.includes(text);
    return !exact && text !== '' && active.toLowerCase().startsWith(text.toLowerCase()) ? active : text;
  }

  private show(values: readonly string[]): void {
    const items = rank(values, this.search).slice(0, SHOWN);
    const first = items[0];
    const begins = this.search !== '' && first?.toLowerCase().startsWith(this.search.toLowerCase());
    this.list = { items, active: begins ? 0 : -1 };
  }
}

/** Values that contain `search`, those that begin with it first, an exact one before all. */
export function rank(values: readonly string[], search: string): string[] {
  if (!search) {
    return [...values];
  }
  const wanted = search.toLowerCase();
  const place = (value: string) => {
    const text = value.toLowerCase();
    return value === search ? 0 : text === wanted ? 1 : text.startsWith(wanted) ? 2 : text.includes(wanted) ? 3 : 4;
  };
  const ranked = values.map((value, order) => ({ value, order, place: place(value) })).filter(each => each.place < 4);
  return ranked.sort((a, b) => a.place - b.place || a.order - b.order).map(each => each.value);
}
