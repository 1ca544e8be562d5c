/** Opens shared tables from a page of JupyterLab: with what was left unsaved, and a grid where one is wanted. */
import { library, type Library } from './chart';
import { mountGrid } from './grid/app';
import type { News, Remedy, Session } from './session/api';
import { Client } from './session/client';
import { Leases, Locks } from './session/claims';
import { BrowserShelf } from './session/pending';
import type { Scope } from './session/scope';
import { passingSeat, type Seat } from './session/seat';
import { Seats } from './session/seats';
import { adoptStyles } from './styles';
import type { Transport } from './transport/transport';

/** What the JupyterLab extension puts at `globalThis[Symbol.for('tabweave')]`. */
export interface Page {
  /** The module that draws grids, loaded once. */
  grid(): Promise<unknown>;
  /** A channel of the page's socket. */
  transport(table: string): Transport;
  /** The source of Plotly, from the server. */
  plotly(): Promise<string>;
  /** Running again what made the output that `el` is in; null where that cannot be done from here. */
  rerun(el: Element): Remedy | null;
  /** The server's address, which tells its tables from another's. */
  readonly place: string;
  /** The id of whom the server takes this page's user for; rejects where it does not say. */
  user(): Promise<string>;
}

export const SHARED = 'table/';

/** Where charts on a page of JupyterLab have Plotly from. */
function libraryOf(page: Page): Library {
  return library([() => page.plotly()]);
}

export interface TableOptions extends Scope {
  /** In pixels; 0 fills the element. */
  height?: number;
}

/** A shared table that is open. */
export interface OpenTable {
  readonly session: Session;
  /** Takes the grid away. What is not saved yet is kept and goes on being sent. */
  dispose(): void;
}

let seats: Seats | null = null;

function seatsHere(): Seats {
  seats ??= new Seats(new BrowserShelf(), navigator.locks ? new Locks(navigator.locks) : new Leases(localStorage));
  return seats;
}

/** The table's session on a channel of its own. */
export async function openSession(page: Page, name: string, scope: Scope = {}): Promise<Client> {
  const table = SHARED + name;
  const { place } = page;
  const user = await page.user().catch(() => null);
  const seat = user === null ? passingSeat() : await seatsHere().take({ place, user, table });
  const client = new Client(page.transport(table), table, scope, seat);
  if (user !== null) {
    void seatsHere()
      .rest({ place, user, table })
      .then(rest => rest.forEach(([, left]) => send(page, table, left, news => client.announce(news))));
  }
  return client;
}

/** Sends what pages that are gone have left unsaved, of any table; `told` hears how it ended, once for each. */
export async function sendLeft(page: Page, told: (table: string, news: News) => void): Promise<void> {
  if (await seatsHere().isEmpty()) {
    return;
  }
  const rest = await seatsHere().rest({ place: page.place, user: await page.user() });
  rest.forEach(([table, seat]) => send(page, table, seat, news => told(table.slice(SHARED.length), news)));
}

/** Speaks on a channel until it has nothing unsaved, or its table cannot be had. */
function send(page: Page, table: string, seat: Seat, told: (news: News) => void): void {
  const client = new Client(page.transport(table), table, { blind: true }, seat);
  client.onNews(told);
  client.subscribe(() => {
    if (client.state.unsaved === 0 || client.state.connection === 'gone') {
      queueMicrotask(() => client.dispose());
    }
  });
}

/** The element that a grid is mounted in: keys typed there are the grid's and not JupyterLab's. */
export function frameFor(el: HTMLElement): HTMLElement {
  const root = document.createElement('div');
  root.className = 'tw-Widget';
  // JupyterLab would take letters typed here for its own commands and its menu for ours.
  root.setAttribute('data-jp-suppress-context-menu', '');
  root.setAttribute('data-lm-suppress-shortcuts', 'true');
  root.addEventListener('keydown', event => event.stopPropagation());
  el.append(root);
  adoptStyles(root);
  return root;
}

/** Draws a shared table into `el`, with no widget and no kernel. */
export async function openTable(el: HTMLElement, name: string, page: Page, options: TableOptions = {}): Promise<OpenTable> {
  const { height = 0, ...scope } = options;
  const root = frameFor(el);
  root.classList.toggle('tw-mod-filling', height === 0);
  const session = await openSession(page, name, scope);
  const unmount = mountGrid(root, session, {
    height,
    fill: height === 0,
    table: SHARED + name,
    library: libraryOf(page)
  });
  return {
    session,
    dispose: () => {
      unmount();
      session.dispose();
      root.remove();
    }
  };
}
