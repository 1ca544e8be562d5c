import { CellMenu } from './cell_menu';
import { ColumnMenu } from './column_menu';
import { GoTo } from './goto';
import { PeopleList } from './people';
import { useGridState } from './scope';

/** The popover of the panel that is open, if it is one. */
export function Popovers() {
  const { panel } = useGridState();
  switch (panel.kind) {
    case 'column':
      return <ColumnMenu key={`${panel.column} ${panel.page ?? ''}`} panel={panel} />;
    case 'cell':
      return <CellMenu panel={panel} />;
    case 'goto':
      return <GoTo />;
    case 'people':
      return <PeopleList panel={panel} />;
    default:
      return null;
  }
}
