/** What a proposal would do, in a few words each. */
import type { ColumnChange, Proposal } from '../protocol';
import { formatCount, plural } from '../grid/panels/figures';

export interface Effect {
  kind: 'changed' | 'removed' | 'added' | 'moved' | 'none';
  text: string;
}

/** Names of columns, cut where they would fill the line. */
function list(names: readonly string[]): string {
  const [first = '', second = '', third = ''] = names;
  return names.length <= 3
    ? [first, second, third].filter(Boolean).join(', ')
    : `${first}, ${second} and ${formatCount(names.length - 2)} more`;
}

const columnsNamed = (names: readonly string[]) => `${names.length === 1 ? 'column' : `${names.length} columns:`} ${list(names)}`;

/** The effects of a change, the greatest first. */
export function effects(proposal: Proposal): Effect[] {
  const { columns = [], n_cells = 0, rows_removed = 0, rows_added = 0, moved, nothing, notes = [] } = proposal;
  const of = (fate: ColumnChange['fate']) => columns.filter(each => each.fate === fate);
  const found: Effect[] = [];
  const touched = columns.filter(each => (each.cells ?? 0) > 0);
  if (n_cells) {
    const where = touched.length === 1 ? ` in ${touched[0]?.name ?? ''}` : touched.length ? ` in ${touched.length} columns` : '';
    found.push({ kind: 'changed', text: `changes ${plural(n_cells, 'cell')}${where}` });
  }
  if (rows_removed) {
    found.push({ kind: 'removed', text: `removes ${plural(rows_removed, 'row')}` });
  }
  if (rows_added) {
    found.push({ kind: 'added', text: `adds ${plural(rows_added, 'row')}` });
  }
  const [added, dropped] = [of('added'), of('dropped')].map(each => each.map(({ name }) => name));
  if (added?.length) {
    found.push({ kind: 'added', text: `adds ${columnsNamed(added)}` });
  }
  if (dropped?.length) {
    found.push({ kind: 'removed', text: `drops ${columnsNamed(dropped)}` });
  }
  of('retyped').forEach(each =>
    found.push({ kind: 'changed', text: becomes(each, notes) ?? `${each.name} becomes ${each.kind ?? 'another type'}` })
  );
  columns
    .filter(({ was, name, fate }) => was && was !== name && fate !== 'added')
    .forEach(({ was, name }) => found.push({ kind: 'changed', text: `renames ${was} to ${name}` }));
  if (moved) {
    found.push({ kind: 'moved', text: 'puts rows in another order' });
  }
  if (nothing || !found.length) {
    return [{ kind: 'none', text: nothing ? 'changes nothing' : 'puts columns in another order' }];
  }
  return found;
}

/** What is said of a column's new type. */
const becomes = ({ name }: ColumnChange, notes: readonly string[]) => notes.find(note => note.startsWith(`${name} becomes `));

/** What else is to be known of a proposal, beside its effects. */
export function remarks({ columns = [], notes = [] }: Proposal): string[] {
  const said = columns.filter(each => each.fate === 'retyped').map(each => becomes(each, notes));
  return notes.filter(note => !said.includes(note));
}

/** All effects as one line that begins a sentence: "Removes 2 rows, changes 3 cells in qty". */
export function effectLine(proposal: Proposal): string {
  const text = effects(proposal)
    .map(effect => effect.text)
    .join(', ');
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Whether there is something in the cells to jump to. */
export function marksCells({ n_cells = 0, rows_removed = 0 }: Proposal): boolean {
  return n_cells + rows_removed > 0;
}
