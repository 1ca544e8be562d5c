import { TreeCellMenu, TreeColumnMenu } from '../../tree/menus';
import { RollupPanel } from '../../tree/panel';
import { ProposalPanel } from '../../tree/proposal';
import { CellMenu } from './cell_menu';
import { ColumnMenu } from './column_menu';
import { GoTo } from './goto';
import { PeopleList } from './people';
import { useGridState, useSessionState } from './scope';

/** The popover of the panel that is open, if it is one. */
export function Popovers() {
  const { panel } = useGridState();
  const { tree } = useSessionState();
  switch (panel.kind) {
    case 'column':
      return tree ? (
        <TreeColumnMenu key={`${panel.column} ${panel.page ?? ''}`} panel={panel} />
      ) : (
        <ColumnMenu key={`${panel.column} ${panel.page ?? ''}`} panel={panel} />
      );
    case 'cell':
      return tree ? <TreeCellMenu panel={panel} /> : <CellMenu panel={panel} />;
    case 'rollup':
      return <RollupPanel key={tree ? 'tree' : 'rows'} panel={panel} />;
    case 'proposal':
      return <ProposalPanel panel={panel} />;
    case 'goto':
      return <GoTo />;
    case 'people':
      return <PeopleList panel={panel} />;
    default:
      return null;
  }
}
