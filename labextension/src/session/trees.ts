/** Which tree is drawn in place of the rows, and what changes when rows become nodes or nodes become rows. */
import type { Schema, Subbed } from '../protocol';
import type { Edits } from './edits';
import type { Profiles } from './profiles';
import type { Replica } from './replica';
import type { Store } from './store';
import type { Touches } from './touches';

export class Trees {
  constructor(
    private readonly store: Store,
    private readonly replica: Replica,
    private readonly edits: Edits,
    private readonly touches: Touches,
    private readonly profiles: Profiles
  ) {}

  /** Whether nodes are drawn, and not rows. */
  get drawn(): boolean {
    return this.store.state.tree !== null;
  }

  /** Takes the table's own columns; tells which are gone or have another type, unless a tree is drawn or on its way. */
  learn(base: Schema, rev: number): number[] {
    const { view, schema } = this.store.state;
    this.store.update({ base });
    const waits = view.tree && schema.columns.length === 0;
    return this.drawn || waits ? [] : this.replica.describe(base, rev);
  }

  /** A view is in force: its columns are the tree's, or the table's own. Tells whether rows are drawn again, after nodes. */
  take({ rev, schema, tree }: Pick<Subbed, 'rev' | 'schema' | 'tree'>): boolean {
    const { store, replica } = this;
    const other = JSON.stringify(tree?.rollup) !== JSON.stringify(store.state.tree?.rollup);
    const before = store.state.schema.columns.length === 0;
    if (other) {
      this.edits.clear();
      this.touches.clear();
      this.profiles.drop();
      this.profiles.stop();
      replica.change(rev);
    } else {
      replica.reorder(rev);
    }
    if (tree && schema) {
      store.update({ tree });
      const columns = schema.columns.map((column, place) => (place === 0 ? { ...column, index: true } : column));
      replica.describe({ ...schema, columns }, rev, true);
    } else if (other || before) {
      store.update({ tree: null });
      replica.describe(store.state.base, rev);
      this.profiles.resume();
    }
    return other && !tree;
  }

  /** No tree can be drawn, after all. */
  leave(): void {
    const { rev } = this.store.state;
    this.take({ rev });
  }
}
