/** Gives the grids of a JupyterLab page one socket and one copy of their code, which is loaded when the first is drawn. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import { Token } from '@lumino/coreutils';
import { PageSocket } from '../transport/socket';
import type { Page } from '../table';
import { rerun } from './rerun';

/** The page's socket and its one copy of the grid, for other plugins. */
export const IPage = new Token<Page>('tabweave:IPage');

const PATH = 'tabweave/api/v1/page';
/** By then the tables that are open here have taken what is theirs. */
const LATER = 20_000;
const ME = 'tabweave/api/v1/me';
const PLOTLY = 'tabweave/api/v1/plotly.js';

function address({ wsUrl, token, appendToken }: ServerConnection.ISettings): string {
  const url = URLExt.join(wsUrl, PATH);
  return appendToken && token ? `${url}?token=${encodeURIComponent(token)}` : url;
}

/** Asks the server for whom it takes us. */
async function askUser(settings: ServerConnection.ISettings): Promise<string> {
  const answer = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, ME), {}, settings);
  if (!answer.ok) {
    throw new Error(`The server did not say who we are: ${answer.status}.`);
  }
  const { person } = (await answer.json()) as { person: { id: string } };
  return person.id;
}

/** Plotly as the server's environment has it. */
async function loadPlotly(settings: ServerConnection.ISettings): Promise<string> {
  const answer = await ServerConnection.makeRequest(URLExt.join(settings.baseUrl, PLOTLY), { cache: 'default' }, settings);
  if (!answer.ok) {
    throw new Error(`The server has no Plotly: ${answer.status}.`);
  }
  return answer.text();
}

/** Sends what other pages have left unsaved of tables that nobody has opened here, and says how that ended. */
async function sendUnsaved(app: JupyterFrontEnd, found: Page): Promise<void> {
  const { sendLeft } = await import('../widget');
  await sendLeft(found, (name, news) => {
    if (news.kind === 'taken') {
      const [refusal] = news.refused;
      const count = refusal ? news.refused.length : news.saved;
      const edits = `${count} ${count === 1 ? 'edit' : 'edits'} of ${name} from before this page was loaded`;
      const message = refusal ? `${edits} could not be saved: ${refusal.message}` : `${edits}: saved now.`;
      void app.commands.execute('apputils:notify', { message, type: refusal ? 'error' : 'info' });
    }
  });
}

function whenIdle(act: () => void): void {
  if (typeof requestIdleCallback === 'function') {
    requestIdleCallback(act, { timeout: 5_000 });
  } else {
    setTimeout(act, 1_000);
  }
}

export const page: JupyterFrontEndPlugin<Page> = {
  id: 'tabweave:page',
  description: 'Draws tabweave grids and connects them to their tables.',
  autoStart: true,
  provides: IPage,
  activate: (app: JupyterFrontEnd) => {
    const settings = app.serviceManager.serverSettings;
    const socket = new PageSocket(() => new settings.WebSocket(address(settings)));
    let user: Promise<string> | null = null;
    const found: Page = {
      grid: () => import('../widget'),
      transport: () => socket.transport(),
      plotly: () => loadPlotly(settings),
      rerun: el => rerun(app, el),
      place: settings.baseUrl,
      user: () => {
        user ??= askUser(settings).catch((reason: unknown) => {
          user = null;
          throw reason;
        });
        return user;
      }
    };
    (globalThis as { [key: symbol]: Page | undefined })[Symbol.for('tabweave')] = found;
    // The first grid finds its code loaded and run, and the start of JupyterLab does not wait. What fails, fails again there.
    const prepare = async (): Promise<void> => {
      const { rehearse } = await import('../widget');
      await new Promise<void>(whenIdle);
      rehearse();
    };
    void app.restored.then(() => whenIdle(() => void prepare().catch(() => undefined)));
    void app.restored.then(() => setTimeout(() => void sendUnsaved(app, found).catch(() => undefined), LATER));
    return found;
  }
};
