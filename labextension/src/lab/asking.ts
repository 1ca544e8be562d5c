/** "Ask Tabweave…": the command bar of the grid that one is at, or a cell to write commands in where there is none. */
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import { askIcon } from './icons';
import { gridAt, shownName } from './nearest';

const COMMAND = 'tabweave:ask';
/** The event by which a grid is told to open its command bar. */
const EVENT = 'tabweave:ask';

/** A notebook's cell, as far as it is used here. */
interface Cell extends Widget {
  model: { type: string; sharedModel: { getSource(): string; setSource(text: string): void } };
  editor?: { setCursorPosition(at: { line: number; column: number }): void } | null;
}

interface Cells {
  widgets: readonly Cell[];
  activeCell: Cell | null;
  activeCellIndex: number;
}

function cellsOf(widget: Widget | null): Cells | null {
  const { content } = (widget ?? {}) as { content?: Partial<Cells> };
  return content?.widgets && content.activeCellIndex !== undefined ? (content as Cells) : null;
}

/** The table that a new cell is to ask about: of the active cell, else of the nearest grid above it. */
function nameFor({ widgets, activeCell, activeCellIndex }: Cells): string {
  const above = widgets.slice(0, activeCellIndex + 1).reverse();
  const named = above.flatMap(cell => [...cell.node.querySelectorAll('.tw-Toolbar-name')].map(each => each.textContent ?? ''));
  return (activeCell && shownName(activeCell.model.sharedModel.getSource())) ?? named.find(Boolean) ?? 'df';
}

async function ask(app: JupyterFrontEnd): Promise<void> {
  const panel = app.shell.currentWidget;
  const cells = cellsOf(panel);
  const grid = panel && gridAt(panel.node, cells?.activeCell?.node ?? null, document.activeElement);
  if (grid) {
    grid.scrollIntoView({ block: 'nearest' });
    grid.dispatchEvent(new Event(EVENT));
  } else if (cells) {
    const name = nameFor(cells);
    await app.commands.execute('notebook:insert-cell-below');
    await app.commands.execute('notebook:enter-edit-mode');
    cells.activeCell?.model.sharedModel.setSource(`%%tab ${name}\n`);
    cells.activeCell?.editor?.setCursorPosition({ line: 1, column: 0 });
  }
}

/** Whether a notebook works with tables of ours, so that the button on its cells is of use. */
function isOurs(cells: Cells): boolean {
  return cells.widgets.some(
    ({ model, node }) => /\btabweave\b/.test(model.sharedModel.getSource()) || node.querySelector('.tw-Grid')
  );
}

export const asking: JupyterFrontEndPlugin<void> = {
  id: 'tabweave:ask',
  description: 'Opens the line for commands in plain words.',
  autoStart: true,
  optional: [ICommandPalette],
  activate: (app: JupyterFrontEnd, palette: ICommandPalette | null) => {
    app.commands.addCommand(COMMAND, {
      label: 'Ask Tabweave…',
      caption: 'Say in plain words what is to be done with a table',
      icon: args => (args.toolbar === true ? askIcon : undefined),
      isVisible: args => {
        const cells = cellsOf(app.shell.currentWidget);
        return args.toolbar !== true || (cells !== null && isOurs(cells));
      },
      isEnabled: () => {
        const panel = app.shell.currentWidget;
        return cellsOf(panel) !== null || (panel !== null && gridAt(panel.node, null, null) !== null);
      },
      describedBy: { args: { type: 'object', properties: { toolbar: { type: 'boolean' } } } },
      execute: () => ask(app)
    });
    palette?.addItem({ command: COMMAND, category: 'Tabweave' });
  }
};
