/** The module that every grid on a page is drawn by: in JupyterLab it comes with the extension, elsewhere from the kernel. */
import { mountGrid } from './grid/app';
import { HEIGHT } from './grid/height';
import type { Session } from './session/api';
import { Client } from './session/client';
import type { Scope } from './session/scope';
import { frameFor, openSession, type Page, SHARED } from './table';
import { Choice } from './transport/choice';
import { CommTransport, type Model } from './transport/comm';
import type { Transport } from './transport/transport';

export { openTable, sendLeft } from './table';
export type { OpenTable, Page, TableOptions } from './table';

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
  const root = frameFor(el);
  const table = String(model.get('table'));
  const height = Number(model.get('height') ?? 0);
  let unmount = (): void => undefined;
  let session: Session | null = null;
  let over = false;
  const begin = (made: Session): void => {
    session = made;
    root.style.minHeight = '';
    unmount = mountGrid(root, made, { height });
  };
  if (page && model.get('relay') && table.startsWith(SHARED)) {
    root.dataset.twCarrier = 'socket';
    root.style.minHeight = `${height || HEIGHT}px`;
    void openSession(page, table.slice(SHARED.length), scope(model, root, page)).then(made =>
      over ? made.dispose() : begin(made)
    );
  } else {
    begin(new Client(carry(model, root, page), table, scope(model, root, page)));
  }
  return () => {
    over = true;
    unmount();
    session?.dispose();
    root.remove();
  };
}

export default { render };
