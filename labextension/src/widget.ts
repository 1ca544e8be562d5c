/** The module that every grid on a page is drawn by: in JupyterLab it comes with the extension, elsewhere from the kernel. */
import { brushAll, drawnFirst, libraryFor, mountChart, nowhere, stepOf } from './chart';
import { decodeRows } from './arrow';
import { mountGrid } from './grid/app';
import { HEIGHT } from './grid/height';
import type { Tree } from './protocol';
import type { Session } from './session/api';
import { Client } from './session/client';
import type { Greeting } from './session/opening';
import type { Scope } from './session/scope';
import { frameFor, openSession, type Page, SHARED } from './table';
import { Choice } from './transport/choice';
import { CommTransport, type Model } from './transport/comm';
import type { Transport } from './transport/transport';
import { decodeFrame } from './transport/wire';

export { rehearse } from './rehearsal';
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

/** The rollup that is shown at first, in place of the rows. */
function treeOf(model: Model): Tree | null {
  const text = String(model.get('tree') ?? '');
  return text ? (JSON.parse(text) as Tree) : null;
}

function scope(model: Model, el: HTMLElement, page: Page | undefined): Scope {
  const { columns, read_only: readOnly } = (model.get('options') ?? {}) as { columns?: number[] | null; read_only?: boolean };
  return {
    columns: columns ?? null,
    readOnly: readOnly ?? false,
    tree: treeOf(model),
    remedy: () => page?.rerun(el) ?? null,
    blind: stepOf(model) !== null
  };
}

/** How long a page that draws nothing, in a hidden tab for example, may take to draw a grid. */
const PAINT = 200;

function nextPaint(): Promise<void> {
  return new Promise(done => {
    const timer = setTimeout(done, PAINT);
    const drawn = (): void => {
      clearTimeout(timer);
      done();
    };
    requestAnimationFrame(() => requestAnimationFrame(drawn));
  });
}

/** What the kernel sent along with the widget; only the first who draws it is shown that, later it would be old. */
function greetingOf(model: Model): Greeting | null {
  const { frame: sent, mark = '' } = (model.get('greeting') ?? {}) as { frame?: DataView; mark?: string };
  if (!sent) {
    return null;
  }
  model.set?.('greeting', null);
  const start = sent.byteOffset;
  const { message, arrow } = decodeFrame((sent.buffer as ArrayBuffer).slice(start, start + sent.byteLength));
  return message.type === 'welcome' && arrow ? { welcome: message, rows: decodeRows(arrow), mark, shown: nextPaint() } : null;
}

function connect(model: Model, el: HTMLElement, page: Page | undefined): Client {
  const table = String(model.get('table'));
  return new Client(carry(model, el, page), table, scope(model, el, page), undefined, greetingOf(model));
}

/** Draws a widget's grid into `el`; the result takes it away again. */
export function render({ model, el, page = pageHere() }: { model: Model; el: HTMLElement; page?: Page }): () => void {
  const root = frameFor(el);
  const table = String(model.get('table'));
  const height = Number(model.get('height') ?? 0);
  const step = stepOf(model);
  const own = libraryFor(model, page && (() => page.plotly()));
  let unmount = (): void => undefined;
  let session: Session | null = null;
  let over = false;
  const begin = (made: Session): void => {
    session = made;
    root.style.minHeight = '';
    unmount = step
      ? mountChart(root, { session: made, step, library: own, brush: brushAll(table), first: drawnFirst(model), height }).dispose
      : mountGrid(root, made, { height, table, library: own });
  };
  if (step && !model.get('follows')) {
    const still = { session: nowhere(String(model.get('name'))), first: drawnFirst(model), height };
    unmount = mountChart(root, { ...still, step, library: own, brush: brushAll('') }).dispose;
  } else if (page && model.get('relay') && table.startsWith(SHARED)) {
    root.dataset.twCarrier = 'socket';
    root.style.minHeight = `${height || HEIGHT}px`;
    void openSession(page, table.slice(SHARED.length), scope(model, root, page)).then(made =>
      over ? made.dispose() : begin(made)
    );
  } else {
    begin(connect(model, root, page));
  }
  return () => {
    over = true;
    unmount();
    session?.dispose();
    root.remove();
  };
}

export default { render };
