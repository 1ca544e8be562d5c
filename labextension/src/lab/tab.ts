/** A shared table in a tab of the main area, with no notebook and no kernel. */
import { MainAreaWidget } from '@jupyterlab/apputils';
import { Widget } from '@lumino/widgets';
import type { OpenTable, Page } from '../table';
import { tableIcon } from './icons';

/** What `page.grid()` gives, as far as it is used here. */
interface Grids {
  openTable(el: HTMLElement, name: string, page: Page): Promise<OpenTable>;
}

/** Draws the grid when it is first shown and takes it away with the tab. */
export class TableView extends Widget {
  private table: OpenTable | null = null;
  private opening = false;

  constructor(
    readonly tableName: string,
    private readonly page: Page
  ) {
    super();
    this.addClass('tw-Tab');
  }

  protected override onAfterAttach(): void {
    void this.draw();
  }

  protected override onActivateRequest(): void {
    this.node.querySelector<HTMLElement>('textarea, canvas, [tabindex]')?.focus();
  }

  private async draw(): Promise<void> {
    if (this.table || this.opening) {
      return;
    }
    this.opening = true;
    try {
      const { openTable } = (await this.page.grid()) as Grids;
      const opened = await openTable(this.node, this.tableName, this.page);
      if (this.isDisposed) {
        opened.dispose();
        return;
      }
      this.table = opened;
    } catch (reason) {
      this.node.textContent = `The table could not be drawn: ${String(reason)}`;
    } finally {
      this.opening = false;
    }
  }

  override dispose(): void {
    this.table?.dispose();
    this.table = null;
    super.dispose();
  }
}

/** The tab itself. */
export function tableTab(name: string, page: Page): MainAreaWidget<TableView> {
  const tab = new MainAreaWidget({ content: new TableView(name, page) });
  tab.id = `tabweave-table-${encodeURIComponent(name)}`;
  tab.title.label = name;
  tab.title.caption = `Shared table ${name}`;
  tab.title.icon = tableIcon;
  tab.title.closable = true;
  tab.toolbar.hide();
  return tab;
}
