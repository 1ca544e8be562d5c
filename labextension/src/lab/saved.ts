/**
 * Shows the table that a notebook was saved with where a grid's widget is no longer there.
 *
 * The widget manager's renderer takes the output whenever it names a widget, and says "model not found" after two seconds.
 * Its factory is wrapped: until the widget is drawn, and if it never is, the HTML of the same output stands in for it.
 */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { MimeModel } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import { Panel, type Widget } from '@lumino/widgets';

const VIEW = 'application/vnd.jupyter.widget-view+json';
const HTML = 'text/html';
/** The HTML that grids leave in a notebook carries this attribute. */
const MARK = 'data-tabweave';
/** How long a widget may load before the saved table is shown; a live one is drawn sooner. */
const PATIENCE = 500;

class StandIn extends Panel implements IRenderMime.IRenderer {
  private readonly observer: MutationObserver;
  private saved: Widget | null = null;
  private timer = 0;

  constructor(
    private readonly live: IRenderMime.IRenderer,
    private readonly rendermime: IRenderMimeRegistry,
    readonly mimeType: string
  ) {
    super();
    this.addWidget(live);
    this.observer = new MutationObserver(() => this.swap());
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const html = model.data[HTML];
    const text = Array.isArray(html) ? html.join('') : String(html ?? '');
    if (text.includes(MARK) && !this.saved) {
      this.observer.observe(this.live.node, { childList: true });
      this.timer = window.setTimeout(() => void this.stand(text, model.trusted), PATIENCE);
    }
    await this.live.renderModel(model);
  }

  private async stand(html: string, trusted: boolean): Promise<void> {
    if (this.isDisposed || this.saved) {
      return;
    }
    const saved = this.rendermime.createRenderer(HTML);
    this.saved = saved;
    this.addWidget(saved);
    this.swap();
    await saved.renderModel(new MimeModel({ data: { [HTML]: html }, trusted }));
  }

  /** A drawn widget is an element; "Loading widget..." and the error are bare text. */
  private swap(): void {
    const drawn = this.live.node.childElementCount > 0;
    this.live.setHidden(!drawn && this.saved !== null);
    this.saved?.setHidden(drawn);
  }

  override dispose(): void {
    window.clearTimeout(this.timer);
    this.observer.disconnect();
    super.dispose();
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
    createRenderer: options => new StandIn(factory.createRenderer(options), rendermime, options.mimeType)
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
