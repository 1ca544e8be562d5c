/** "Open With → Tabweave" for data files: the file becomes a shared table of its name, which is then shown. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification, WidgetTracker } from '@jupyterlab/apputils';
import { ABCWidgetFactory, DocumentRegistry, DocumentWidget, TextModelFactory } from '@jupyterlab/docregistry';
import { Widget } from '@lumino/widgets';
import { shareFile, type Parts } from './commands';
import { tableIcon } from './icons';
import { tableName } from './naming';
import { TableView } from './tab';

export const FACTORY = 'Tabweave';
const MODEL = 'tabweave:unread';

const TYPES: readonly [name: string, label: string, extensions: string[]][] = [
  ['tabweave:xlsx', 'Spreadsheet', ['.xlsx', '.xls', '.ods']],
  ['tabweave:parquet', 'Parquet', ['.parquet']],
  ['tabweave:arrow', 'Arrow', ['.arrow', '.feather']],
  ['tabweave:packed', 'Packed data', ['.csv.gz', '.csv.zst', '.tsv.gz', '.jsonl.gz']]
];
const KNOWN = ['csv', 'tsv', 'json', 'jsonl'];

/** Leaves the content on the server: the page has no use for it. */
class UnreadFactory extends TextModelFactory {
  override get name(): string {
    return MODEL;
  }

  override get fileFormat(): null {
    return null as never;
  }
}

/** The table of a file, made when it is first opened. */
class FileView extends Widget {
  constructor(
    private readonly parts: Parts,
    private readonly path: string,
    /** Whether somebody has asked for it just now; else it comes back with the page. */
    private readonly asked: boolean
  ) {
    super();
    this.addClass('tw-Tab');
  }

  async showTable(): Promise<void> {
    const { tables, server, page } = this.parts;
    const name = tableName(this.path);
    try {
      await tables.listed();
      if (!tables.find(name)) {
        await shareFile(this.parts, await server.read(this.path), this.path, name);
      } else if (this.asked) {
        Notification.info(`There is a shared table ${name} already. It is shown as it is; ${this.path} was not read.`);
      }
    } catch (reason) {
      this.node.textContent = reason instanceof Error ? reason.message : String(reason);
      return;
    }
    if (this.isDisposed) {
      return;
    }
    const view = new TableView(name, page);
    Widget.attach(view, this.node);
    this.disposed.connect(() => view.dispose());
  }
}

class TableFactory extends ABCWidgetFactory<DocumentWidget<FileView>> {
  private restored = false;

  constructor(
    private readonly parts: Parts,
    options: DocumentRegistry.IWidgetFactoryOptions<DocumentWidget<FileView>>
  ) {
    super(options);
    void parts.app.restored.then(() => {
      this.restored = true;
    });
  }

  protected createNewWidget(context: DocumentRegistry.Context): DocumentWidget<FileView> {
    const content = new FileView(this.parts, context.localPath, this.restored);
    const widget = new DocumentWidget({ content, context });
    widget.title.icon = tableIcon;
    widget.toolbar.hide();
    void context.ready.then(() => content.showTable());
    return widget;
  }
}

/** Offers Tabweave for data files; gives those that are open. */
export function addFiles(app: JupyterFrontEnd, parts: Parts): WidgetTracker<DocumentWidget> {
  for (const [name, displayName, extensions] of TYPES) {
    app.docRegistry.addFileType({ name, displayName, extensions, icon: tableIcon, contentType: 'file', fileFormat: 'base64' });
  }
  app.docRegistry.addModelFactory(new UnreadFactory());
  const fileTypes = [...KNOWN, ...TYPES.map(([name]) => name)];
  const factory = new TableFactory(parts, {
    name: FACTORY,
    label: FACTORY,
    modelName: MODEL,
    fileTypes,
    defaultFor: TYPES.map(([name]) => name),
    readOnly: true
  });
  const tracker = new WidgetTracker<DocumentWidget>({ namespace: 'tabweave-files' });
  factory.widgetCreated.connect((_, widget) => void tracker.add(widget));
  app.docRegistry.addWidgetFactory(factory);
  return tracker;
}
