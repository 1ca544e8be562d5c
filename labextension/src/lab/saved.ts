/**
 * Shows the table that a notebook was saved with where a grid's widget is no longer there.
 *
 * The widget manager's renderer takes the output whenever it names a widget, and says "model not found" after two seconds.
 * Until the widget is drawn, and if it never is, the HTML of the same output stands in its element. The renderer stays the
 * manager's own: in a notebook that is opened beside its running kernel the manager looks for its renderers by their class.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { Widget } from '@lumino/widgets';

const VIEW = 'application/vnd.jupyter.widget-view+json';
const HTML = 'text/html';
/** The HTML that grids leave in a notebook carries this attribute. */
const MARK = 'data-tabweave';
/** How long a widget may load before the saved table is shown; a live one is drawn sooner. */
const PATIENCE = 500;

/** Fills a renderer's element with the saved table for as long as nothing but words is in it. */
class StandIn {
  private readonly observer = new MutationObserver(() => this.swap());
  private saved: Widget | null = null;
  private timer = 0;

  constructor(
    private readonly live: IRenderMime.IRenderer,
    private readonly rendermime: IRenderMimeRegistry
  ) {
    const render = live.renderModel.bind(live);
    live.renderModel = model => {
      this.begin(model);
      return render(model);
    };
    live.disposed.connect(() => this.end());
  }

  private begin(model: IRenderMime.IMimeModel): void {
    const html = model.data[HTML];
    const text = Array.isArray(html) ? html.join('') : String(html ?? '');
    if (text.includes(MARK) && !this.saved && !this.timer) {
      this.timer = window.setTimeout(() => void this.stand(text, model.trusted), PATIENCE);
    }
  }

  private async stand(html: string, trusted: boolean): Promise<void> {
    const saved = this.rendermime.createRenderer(HTML);
    await saved.renderModel(new MimeModel({ data: { [HTML]: html }, trusted }));
    if (this.live.isDisposed) {
      saved.dispose();
      return;
    }
    this.saved = saved;
    this.observer.observe(this.live.node, { childList: true });
    this.swap();
  }

  /** A drawn widget is an element; "Loading widget..." and the error are bare text. */
  private swap(): void {
    const { saved, live } = this;
    if (!saved) {
      return;
    }
    const drawn = [...live.node.children].some(each => each !== saved.node);
    if (drawn) {
      saved.node.remove();
    } else if (live.node.childNodes.length !== 1 || live.node.firstChild !== saved.node) {
      live.node.replaceChildren(saved.node);
    }
  }

  private end(): void {
    window.clearTimeout(this.timer);
    this.observer.disconnect();
    this.saved?.dispose();
  }
}

const wrapped = new WeakSet<IRenderMime.IRendererFactory>();

function wrap(rendermime: IRenderMimeRegistry): void {
  const factory = rendermime.getFactory(VIEW);
  if (!factory || wrapped.has(factory)) {
    return;
  }
  const standIn: IRenderMime.IRendererFactory = {
    ...factory,
    createRenderer: options => {
      const live = factory.createRenderer(options);
      new StandIn(live, rendermime);
      return live;
    }
  };
  wrapped.add(standIn);
  rendermime.addFactory(standIn, -20);
}

/** The registry of a notebook's outputs; the notebook's own package is not needed for it. */
function outputs(panel: object): IRenderMimeRegistry | null {
  const { content } = panel as { content?: { rendermime?: IRenderMimeRegistry } };
  return content?.rendermime ?? null;
}

export const saved: JupyterFrontEndPlugin<void> = {
  id: 'tabweave:saved',
  description: 'Shows the saved table where a grid has no kernel.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const extension: DocumentRegistry.WidgetExtension = {
      createNew: (panel, context) => {
        const rendermime = outputs(panel);
        if (rendermime) {
          // The widget manager adds its factory while the notebook is being opened, and cells are drawn after that.
          queueMicrotask(() => wrap(rendermime));
          void context.ready.then(() => wrap(rendermime));
        }
      }
    };
    app.docRegistry.addWidgetExtension('Notebook', extension);
  }
};
