/** Draws a small grid that nobody sees: code is slow when it runs for the first time, and a user's first grid need not be. */
import { mountGrid } from './grid/app';
import type { Column } from './protocol';
import { Client } from './session/client';
import type { Greeting } from './session/opening';
import { adoptStyles } from './styles';
import { frameFor } from './table';
import type { Transport } from './transport/transport';
import type { Value } from './values';

/** Glide draws a little after it is mounted. */
const LASTS = 300;
const ROWS = 40;

const KINDS: readonly [Column['kind'], dtype: string, value: (row: number) => Value][] = [
  ['text', 'str', row => `text ${row}`],
  ['float', 'float64', row => row * 1.37],
  ['integer', 'int64', row => row * 1_000],
  ['timestamp', 'datetime64[ns]', row => `2024-01-${10 + (row % 20)}T00:00:00`],
  ['category', 'category', row => `group ${row % 3}`],
  ['boolean', 'bool', row => row % 2 === 0]
];

const NOWHERE: Transport = {
  send: () => undefined,
  onFrame: () => undefined,
  onOpen: listener => listener(false),
  dispose: () => undefined
};

function greeting(): Greeting {
  const columns = KINDS.map<Column>(([kind, dtype], id) => ({ id, kind, dtype, name: kind }));
  const rids = Array.from({ length: ROWS }, (_, row) => row);
  return {
    welcome: {
      ...{ type: 'welcome', ch: '', epoch: '', rev: 0, name: '', rows: ROWS, last_seq: 0 },
      user: { id: '', name: '' },
      schema: { columns, dtypes: [] }
    },
    rows: { rids, columns: new Map(KINDS.map(([, , value], id) => [id, rids.map(value)])) },
    mark: '',
    shown: new Promise(() => undefined)
  };
}

/** Mounts the grid out of sight, and takes it away again. */
export function rehearse(): void {
  adoptStyles(document.body);
  const host = document.createElement('div');
  host.style.cssText = 'position:fixed;left:-2000px;top:0;width:900px;height:440px;visibility:hidden;contain:strict';
  host.setAttribute('aria-hidden', 'true');
  host.inert = true;
  document.body.append(host);
  const stage = document.createElement('div');
  host.attachShadow({ mode: 'closed' }).append(stage);
  const session = new Client(NOWHERE, '', {}, undefined, greeting());
  const unmount = mountGrid(frameFor(stage), session, { height: 0 });
  setTimeout(() => {
    unmount();
    session.dispose();
    host.remove();
  }, LASTS);
}
