/** What is shown before the table has answered, and what is asked of it along with hello. */
import type { Rows } from '../arrow';
import type { Answer, First, Schema } from '../protocol';
import type { Fetcher } from './fetcher';
import type { Replica } from './replica';
import type { Requests } from './requests';
import type { Scope } from './scope';
import type { Store } from './store';
import type { Trees } from './trees';
import type { Views } from './views';
import { BLOCK } from './windows';

/** What is fetched before the grid has measured itself. */
const FIRST_ROWS = 64;
const FIRST_COLUMNS = 32;

export type Welcome = Extract<Answer, { type: 'welcome' }>;

/** What came with a widget: the table's welcome to nobody in particular, and its first rows. */
export interface Greeting {
  readonly welcome: Welcome;
  readonly rows: Rows;
  /** What the table knows these rows by. */
  readonly mark: string;
  /** When it is on the screen: what the table has to say then does not delay that. */
  readonly shown: Promise<void>;
}

interface Parts {
  readonly store: Store;
  readonly replica: Replica;
  readonly requests: Requests;
  readonly fetcher: Fetcher;
  readonly views: Views;
  readonly trees: Trees;
}

export class Opening {
  private first: First | null = null;
  private greeted: Schema | null = null;
  private mark = '';

  constructor(
    private readonly parts: Parts,
    private readonly scope: Scope
  ) {}

  /** A number under which the first rows come after the welcome; null where they are not what is to be shown. */
  promise(): First | null {
    const { blind, columns, tree } = this.scope;
    if (blind || columns || tree) {
      return null;
    }
    const have = this.mark ? { have: this.mark } : {};
    this.first ??= { id: this.parts.requests.next(), rows: BLOCK, columns: FIRST_COLUMNS, ...have };
    return this.first;
  }

  /** Shows what came with the widget until the table itself speaks; false where it is not what is to be shown. */
  anticipate({ welcome, rows, mark }: Greeting): boolean {
    const { replica, trees } = this.parts;
    if (this.scope.blind || this.scope.columns || this.scope.tree) {
      return false;
    }
    replica.reach(welcome.rev);
    trees.learn(welcome.schema, 0);
    replica.windows.put(0, rows, welcome.rev);
    this.greeted = welcome.schema;
    this.mark = mark;
    return true;
  }

  /** Whether a welcome tells of the columns that are shown already. */
  knows(schema: Schema): boolean {
    const { greeted } = this;
    this.greeted = null;
    return greeted !== null && JSON.stringify(greeted) === JSON.stringify(schema);
  }

  /** The table answers: takes the rows that it sends unasked, or asks for the first. */
  begin(): void {
    const { fetcher, store, views } = this.parts;
    const { first } = this;
    this.first = null;
    const columns = store.state.schema.columns.slice(0, FIRST_COLUMNS).map(({ id }) => id);
    if (first && views.plain) {
      fetcher.expect(first.id, columns);
    }
    if (fetcher.idle && !this.scope.blind && !store.state.view.tree) {
      fetcher.want(0, FIRST_ROWS, columns);
    }
  }
}
