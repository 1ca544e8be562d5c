import { CodePanel } from './code_panel';
import { HistoryPanel } from './history_panel';
import { useGridState } from './scope';

/** The panel at the right of the cells: history or code. */
export function SidePanel() {
  const { panel } = useGridState();
  if (panel.kind === 'history') {
    return <HistoryPanel row={panel.row} column={panel.column} />;
  }
  return panel.kind === 'code' ? <CodePanel /> : null;
}
