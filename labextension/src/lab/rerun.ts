/** Runs the cells of a notebook that led to an output, once its kernel has forgotten them. */
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { Widget } from '@lumino/widgets';
import type { Remedy } from '../session/api';

interface Cells {
  widgets: readonly Widget[];
  activeCellIndex: number;
}

/** The notebook's cells, if the widget is a notebook. */
function cellsOf(panel: Widget): Cells | null {
  const { content } = panel as Widget & { content?: Partial<Cells> };
  return content?.widgets && content.activeCellIndex !== undefined ? (content as Cells) : null;
}

/** Running everything down to the cell that holds `el`; null where that is no cell of a notebook. */
export function rerun(app: JupyterFrontEnd, el: Element): Remedy | null {
  for (const panel of app.shell.widgets('main')) {
    const cells = cellsOf(panel);
    const place = cells?.widgets.findIndex(cell => cell.node.contains(el)) ?? -1;
    if (cells && place >= 0) {
      return {
        label: 'Run the cells down to here',
        run: async () => {
          app.shell.activateById(panel.id);
          cells.activeCellIndex = place;
          await app.commands.execute('notebook:run-all-above');
          cells.activeCellIndex = place;
          await app.commands.execute('notebook:run-cell');
        }
      };
    }
  }
  return null;
}
