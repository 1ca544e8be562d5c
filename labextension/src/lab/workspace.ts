/** The shared tables in JupyterLab: side panel, tabs, commands, files. */
import { ILayoutRestorer, type JupyterFrontEnd, type JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette, type MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { Page } from '../table';
import { addCommands, COMMANDS, type Parts } from './commands';
import { addFiles, FACTORY } from './files';
import { IPage } from './page';
import { TablesPanel } from './panel';
import { Server } from './server';
import type { TableView } from './tab';
import { Tables } from './tables';
import sheet from '../../style/lab.css?inline';

const CATEGORY = 'Tabweave';
const PLUGIN = 'tabweave:tables';

function follow(app: JupyterFrontEnd, panel: TablesPanel, settings: ISettingRegistry.ISettings): void {
  const apply = () => {
    const side = settings.get('side').composite === 'right' ? 'right' : 'left';
    app.shell.add(panel, side, { rank: 210, type: 'Tables' });
    if (settings.get('openData').composite === true) {
      ['csv', 'tsv'].forEach(type => app.docRegistry.setDefaultWidgetFactory(type, FACTORY));
    }
  };
  settings.changed.connect(apply);
  apply();
}

export const workspace: JupyterFrontEndPlugin<void> = {
  id: PLUGIN,
  description: 'Shows the shared tables of the server, and data files as tables.',
  autoStart: true,
  requires: [IPage],
  optional: [ICommandPalette, ILayoutRestorer, ISettingRegistry],
  activate: (
    app: JupyterFrontEnd,
    page: Page,
    palette: ICommandPalette | null,
    restorer: ILayoutRestorer | null,
    registry: ISettingRegistry | null
  ) => {
    const style = document.createElement('style');
    style.textContent = sheet;
    document.head.append(style);
    const tracker = new WidgetTracker<MainAreaWidget<TableView>>({ namespace: 'tabweave-tables' });
    const tables = new Tables(page.transport('tables'));
    const parts: Parts = { app, page, tables, server: new Server(app.serviceManager.serverSettings), tracker };
    addCommands(parts);
    const files = addFiles(app, parts);
    const panel = new TablesPanel(tables, app.commands);
    [COMMANDS.copyJoin, COMMANDS.download, COMMANDS.rename, COMMANDS.drop].forEach((command, place) =>
      app.contextMenu.addItem({ command, selector: '.tw-Tables-item', rank: place + 1 })
    );
    app.contextMenu.addItem({ command: COMMANDS.open, selector: '.tw-Tables-item', rank: 0 });
    [COMMANDS.open, COMMANDS.upload].forEach(command => palette?.addItem({ command, category: CATEGORY }));
    if (restorer) {
      restorer.add(panel, panel.id);
      void restorer.restore(tracker, {
        command: COMMANDS.open,
        args: tab => ({ name: tab.content.tableName }),
        name: tab => tab.content.tableName
      });
      void restorer.restore(files, {
        command: 'docmanager:open',
        args: ({ context }) => ({ path: context.path, factory: FACTORY }),
        name: ({ context }) => context.path
      });
    }
    void (registry?.load(PLUGIN) ?? Promise.reject(new Error('no settings'))).then(
      settings => follow(app, panel, settings),
      () => app.shell.add(panel, 'left', { rank: 210, type: 'Tables' })
    );
  }
};
