/** What can be done with shared tables from JupyterLab: the palette, the side panel's menu and notebooks run the same commands. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Dialog, InputDialog, Notification, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import type { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { Page } from '../table';
import { joinCommand, tableName } from './naming';
import type { Made, Server } from './server';
import { tableTab, type TableView } from './tab';
import type { Tables } from './tables';

export const COMMANDS = {
  open: 'tabweave:open-table',
  upload: 'tabweave:upload-file',
  copyJoin: 'tabweave:copy-join',
  rename: 'tabweave:rename-table',
  drop: 'tabweave:drop-table',
  download: 'tabweave:download-table'
} as const;

const ACCEPTED = '.csv,.tsv,.txt,.xlsx,.xls,.ods,.json,.jsonl,.ndjson,.parquet,.arrow,.feather,.gz,.zst';

interface Parts {
  app: JupyterFrontEnd;
  page: Page;
  tables: Tables;
  server: Server;
  tracker: WidgetTracker<MainAreaWidget<TableView>>;
}

/** The table that the panel's menu was opened on. */
function underMenu(app: JupyterFrontEnd): string | null {
  return app.contextMenuHitTest(node => node.dataset.table !== undefined)?.dataset.table ?? null;
}

async function chosen({ app, tables }: Parts, args: { name?: unknown }, title: string): Promise<string | null> {
  const name = typeof args.name === 'string' ? args.name : underMenu(app);
  if (name !== null) {
    return name;
  }
  const items = (tables.all ?? []).map(each => each.name);
  if (!items.length) {
    await showDialog({ title, body: 'There is no shared table yet.', buttons: [Dialog.okButton()] });
    return null;
  }
  const { value, button } = await InputDialog.getItem({ title, items });
  return button.accept ? value : null;
}

/** Runs something that the server may refuse, and shows why it did. */
async function surely(title: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (reason) {
    await showErrorMessage(title, reason instanceof Error ? reason.message : String(reason));
  }
}

function openTab({ app, page, tracker }: Parts, name: string): MainAreaWidget<TableView> {
  const known = tracker.find(tab => tab.content.tableName === name);
  const tab = known ?? tableTab(name, page);
  if (!known) {
    void tracker.add(tab);
    app.shell.add(tab, 'main');
  }
  app.shell.activateById(tab.id);
  return tab;
}

/** Makes a table of a file and says what was noticed. */
export async function shareFile(parts: Parts, file: Blob, path: string, name = tableName(path)): Promise<string> {
  const sharing = parts.server.share(name, file);
  Notification.promise(sharing, {
    pending: { message: `Reading ${path}…` },
    success: {
      message: result => {
        const { rows, rejected, notes } = result as Made;
        const lines = `${rejected.toLocaleString('en')} ${rejected === 1 ? 'line' : 'lines'}`;
        const lost = rejected ? ` ${lines} could not be read and left out.` : '';
        return `${name}: ${rows.toLocaleString('en')} rows.${lost}${notes.length ? ` ${notes.slice(0, 3).join(' ')}` : ''}`;
      },
      options: { autoClose: 8000 }
    },
    error: { message: reason => String(reason instanceof Error ? reason.message : reason) }
  });
  await sharing;
  return name;
}

function pickFile(): Promise<File | null> {
  return new Promise(resolve => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = ACCEPTED;
    input.addEventListener('change', () => resolve(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

async function upload(parts: Parts): Promise<void> {
  const file = await pickFile();
  if (!file) {
    return;
  }
  const { value, button } = await InputDialog.getText({ title: 'Name of the shared table', text: tableName(file.name) });
  if (button.accept && value) {
    openTab(parts, await shareFile(parts, file, file.name, value));
  }
}

async function rename(parts: Parts, name: string): Promise<void> {
  const { value, button } = await InputDialog.getText({ title: `Rename ${name}`, text: name, selectionRange: name.length });
  if (button.accept && value && value !== name) {
    await parts.server.rename(name, value);
  }
}

async function drop(parts: Parts, name: string): Promise<void> {
  const people = parts.tables.find(name)?.people?.length ?? 0;
  const warning = people > 1 ? ` ${people} people have it open.` : '';
  const { button } = await showDialog({
    title: `Drop ${name}?`,
    body: `The table goes with its whole history, for everybody.${warning} This cannot be undone.`,
    buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: 'Drop' })]
  });
  if (button.accept) {
    await parts.server.drop(name);
  }
}

function download({ server }: Parts, name: string): void {
  const link = document.createElement('a');
  link.href = server.download(name, 'csv');
  link.download = `${name}.csv`;
  link.click();
}

/** Registers the commands. */
export function addCommands(parts: Parts): void {
  const { commands } = parts.app;
  const mine = (): boolean => {
    const name = underMenu(parts.app);
    return name === null || parts.tables.find(name)?.role === 'owner';
  };
  const add = (id: string, label: string, run: (name: string) => unknown, isEnabled: () => boolean = () => true): void => {
    commands.addCommand(id, {
      label,
      isEnabled,
      execute: args =>
        surely(label, async () => {
          const name = await chosen(parts, args, label);
          if (name !== null) {
            await run(name);
          }
        })
    });
  };
  add(COMMANDS.open, 'Open Shared Table', name => void openTab(parts, name));
  add(COMMANDS.copyJoin, 'Copy the Command that Joins It', name => Clipboard.copyToSystem(joinCommand(name)));
  add(COMMANDS.download, 'Download as CSV', name => download(parts, name));
  add(COMMANDS.rename, 'Rename…', name => rename(parts, name), mine);
  add(COMMANDS.drop, 'Drop…', name => drop(parts, name), mine);
  commands.addCommand(COMMANDS.upload, {
    label: 'Make a Shared Table of a File…',
    execute: () => surely('Make a Shared Table', () => upload(parts))
  });
}

export type { Parts };
