/** Gives the grids of a JupyterLab page one socket and one copy of their code, which is loaded when the first is drawn. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import type { ServerConnection } from '@jupyterlab/services';
import { PageSocket } from '../transport/socket';
import type { Page } from '../widget';
import { rerun } from './rerun';

const PATH = 'tabweave/api/v1/page';

function address({ wsUrl, token, appendToken }: ServerConnection.ISettings): string {
  const url = URLExt.join(wsUrl, PATH);
  return appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url;
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === 'function') {
    requestIdleCallback(act, { timeout: 5_000 });
  } else {
    setTimeout(act, 1_000);
  }
}

export const page: JupyterFrontEndPlugin<void> = {
  id: 'tabweave:page',
  description: 'Draws tabweave grids and connects them to their tables.',
  autoStart: true,
  activate: (app: JupyterFrontEnd) => {
    const settings = app.serviceManager.serverSettings;
    const socket = new PageSocket(() => new settings.WebSocket(address(settings)));
    const found: Page = {
      grid: () => import('../widget'),
      transport: () => socket.transport(),
      rerun: el => rerun(app, el)
    };
    (globalThis as { [key: symbol]: Page | undefined })[Symbol.for('tabweave')] = found;
    // The first grid finds its code loaded, and the start of JupyterLab does not wait for it. What fails, fails again there.
    void app.restored.then(() => whenIdle(() => void found.grid().catch(() => undefined)));
  }
};
