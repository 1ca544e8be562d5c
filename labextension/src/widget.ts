/** The module that every grid on a page is drawn by: in JupyterLab it comes with the extension, elsewhere from the kernel. */
import { mountGrid } from './grid/app';
import type { Remedy } from './session/api';
import { Client } from './session/client';
import type { Scope } from './session/scope';
import { adoptStyles } from './styles';
import { Choice } from './transport/choice';
import { CommTransport, type Model } from './transport/comm';
import type { Transport } from './transport/transport';

/** What the JupyterLab extension puts at `globalThis[Symbol.for('tabweave')]`. */
export interface Page {
  /** This module, loaded once. */
  grid(): Promise<unknown>;
  /** A channel of the page's socket. */
  transport(table: string): Transport;
  /** Running again what made the output that `el` is in; null where that cannot be done from here. */
  rerun(el: Element): Remedy | null;
}

function pageHere(): Page | undefined {
  return (globalThis as { [key: symbol]: Page | undefined })[Symbol.for('tabweave')];
}

function carry(model: Model, el: HTMLElement, page: Page | undefined): Transport {
  const table = String(model.get('table'));
  const comm = (): Transport => {
    el.dataset.twCarrier = 'comm';
    return new CommTransport(model);
  };
  if (!page || !model.get('relay')) {
    return comm();
  }
  el.dataset.twCarrier = 'socket';
  return new Choice(page.transport(table), comm, why => {
    console.warn(`tabweave: this grid uses the kernel's own messages, which are slower. ${why}`);
  });
}

function scope(model: Model, el: HTMLElement, page: Page | undefined): Scope {
  const { columns, read_only: readOnly } = (model.get('options') ?? {}) as { columns?: number[] | null; read_only?: boolean };
  return { columns: columns ?? null, readOnly: readOnly ?? false, remedy: () => page?.rerun(el) ?? null };
}

/** Draws a widget's grid into `el`; the result takes it away again. */
export function render({ model, el, page = pageHere() }: { model: Model; el: HTMLElement; page?: Page }): () => void {
  const root = document.createElement('div');
  root.className = 'tw-Widget';
  // JupyterLab would take letters typed here for its own commands and its menu for ours.
  root.setAttribute('data-jp-suppress-context-menu', '');
  root.setAttribute('data-lm-suppress-shortcuts', 'true');
  root.addEventListener('keydown', event => event.stopPropagation());
  el.append(root);
  adoptStyles(root);
  const session = new Client(carry(model, root, page), String(model.get('table')), scope(model, root, page));
  const unmount = mountGrid(root, session, { height: Number(model.get('height') ?? 0) });
  return () => {
    unmount();
    session.dispose();
    root.remove();
  };
}

export default { render };
