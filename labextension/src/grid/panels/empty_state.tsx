import type { ReactNode } from 'react';
import { HEADER_HEIGHT } from '../drawing/header';
import { Icon, type IconName } from '../drawing/icons';
import { NewColumnFields, useNewColumn } from './column_pages';
import { Button } from './controls';
import { plural } from './figures';
import { Refused } from './refused';
import { follow } from './report';
import { useGrid, useSessionState } from './scope';

/** What stands in the place of cells where there are none, and the way on. */
export function EmptyState() {
  const { controller, focusGrid } = useGrid();
  const { schema, rows, total, view, connection, readOnly, busy } = useSessionState();
  if (connection === 'connecting' || busy) {
    return null;
  }
  if (schema.columns.length === 0) {
    return readOnly ? <Blank icon="nested" title="No columns" text="This table has no columns." /> : <NoColumns />;
  }
  if (rows > 0) {
    return null;
  }
  if (total > 0 && ((view.filter?.length ?? 0) > 0 || view.search)) {
    return (
      <Blank icon="funnel" title="No rows match" text={`None of the ${plural(total, 'row')} passes the filters and the search.`}>
        <Button look="primary" label="Clear all filters" onClick={() => follow(controller, controller.clearView())} />
      </Blank>
    );
  }
  return (
    <Blank icon="insert_below" title="No rows yet" text={`${plural(schema.columns.length, 'column')}, no rows.`}>
      {!readOnly && (
        <Button
          look="primary"
          label="Insert a row"
          onClick={() => {
            follow(controller, controller.insertRows(0, 1));
            focusGrid();
          }}
        />
      )}
    </Blank>
  );
}

function Blank({ icon, title, text, children }: { icon: IconName; title: string; text: string; children?: ReactNode }) {
  return (
    <div className="tw-Empty" role="status" style={{ top: HEADER_HEIGHT }}>
      <Icon name={icon} size={22} />
      <h2>{title}</h2>
      <p>{text}</p>
      {children}
    </div>
  );
}

function NoColumns() {
  const { focusGrid } = useGrid();
  const { value, error, busy, nack, change, insert } = useNewColumn(focusGrid);
  return (
    <div className="tw-Empty">
      <h2>No columns yet</h2>
      <form
        className="tw-Empty-form"
        noValidate
        onSubmit={event => {
          event.preventDefault();
          insert(0);
        }}
      >
        <NewColumnFields value={value} error={error} onChange={change} />
        {nack && <Refused nack={nack} />}
        <Button look="primary" submit label="Add column" disabled={busy} onClick={() => insert(0)} />
      </form>
    </div>
  );
}
