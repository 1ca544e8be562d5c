/** Names of tables made from names of files. */

const MOST = 200;

/** "data/Q1 sales.csv.gz" gives "Q1 sales". */
export function tableName(path: string): string {
  const file = path.slice(path.lastIndexOf('/') + 1);
  const stem = file.replace(/(\.(gz|zst))?$/i, '').replace(/\.[^.]+$/, '');
  return (stem || file).replace(/[/\\]/g, ' ').trim().slice(0, MOST) || 'table';
}

/** What people type in a notebook to join a table. IPython would run what stands in braces, and fill in what begins with $. */
export function joinCommand(name: string): string {
  const quoted = /^[\w.-]+$/.test(name) ? name : `"${name.replace(/["\\]/g, '\\$&')}"`;
  return `%tab join ${quoted.replace(/[{}$]/g, '$&$&')}`;
}
