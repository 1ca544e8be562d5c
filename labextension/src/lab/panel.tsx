/** The side panel: the shared tables, who has them open, and what can be done with them. */
import { LabIcon, ReactWidget, addIcon, fileUploadIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import { useEffect, useReducer, useRef, useState } from 'react';
import { initials, personGround } from '../grid/people/person';
import type { Person, TableInfo } from '../protocol';
import { Colors } from '../session/colors';
import { COMMANDS } from './commands';
import { tableIcon } from './icons';
import type { Tables } from './tables';

const MOST_FACES = 4;

function Faces({ people }: { people: readonly Person[] }) {
  const colors = new Colors();
  colors.meet(people);
  const shown = people.slice(0, MOST_FACES).map(person => colors.of(person));
  const rest = people.length - shown.length;
  return (
    <span className="tw-Tables-faces" title={`Open now: ${people.map(({ name, id }) => name || id).join(', ')}`}>
      {shown.map(person => {
        const { ground, ink } = personGround(person);
        return (
          <span key={person.id} className="tw-Tables-face" style={{ background: ground, color: ink }}>
            {initials(person.name || person.id)}
          </span>
        );
      })}
      {rest > 0 && <span className="tw-Tables-face tw-mod-more">+{rest}</span>}
    </span>
  );
}

function Row({ table, commands }: { table: TableInfo; commands: CommandRegistry }) {
  const { name, rows, columns, role, owner, people = [] } = table;
  const open = () => void commands.execute(COMMANDS.open, { name });
  const size = `${rows.toLocaleString('en')} × ${columns.toLocaleString('en')}`;
  const of = role === 'owner' ? '' : ` · ${owner.name || owner.id}${role === 'viewer' ? ' · view only' : ''}`;
  return (
    <li className="tw-Tables-item" data-table={name}>
      <button
        type="button"
        className="tw-Tables-open"
        title={`Open ${name}`}
        onClick={open}
        onContextMenu={event => event.currentTarget.focus()}
      >
        <tableIcon.react tag="span" className="tw-Tables-icon" />
        <span className="tw-Tables-words">
          <span className="tw-Tables-name">{name}</span>
          <span className="tw-Tables-size">
            {size}
            {of}
          </span>
        </span>
        {people.length > 0 && <Faces people={people} />}
      </button>
    </li>
  );
}

function Empty({ tables, filtered }: { tables: Tables; filtered: boolean }) {
  if (tables.problem) {
    return <p className="tw-Tables-note tw-mod-problem">{tables.problem}</p>;
  }
  if (!tables.all) {
    return (
      <p className="tw-Tables-note">{tables.online ? 'Asking the server…' : 'The server cannot be reached. Trying again…'}</p>
    );
  }
  if (filtered) {
    return <p className="tw-Tables-note">No table has this in its name.</p>;
  }
  return (
    <div className="tw-Tables-note">
      <p>There is no shared table yet.</p>
      <p>
        Share a DataFrame from a notebook with <code>%tab share df as sales</code>, or make a table of a file.
      </p>
    </div>
  );
}

function Action({ label, icon, run }: { label: string; icon: LabIcon; run: () => void }) {
  return (
    <button type="button" className="tw-Tables-action" title={label} aria-label={label} onClick={run}>
      <icon.react tag="span" />
    </button>
  );
}

function Panel({ tables, commands }: { tables: Tables; commands: CommandRegistry }) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [search, setSearch] = useState('');
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    tables.changed.connect(redraw);
    redraw();
    return () => void tables.changed.disconnect(redraw);
  }, [tables]);
  const found = (tables.all ?? []).filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  const move = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && list.current) {
      const buttons = [...list.current.querySelectorAll<HTMLElement>('.tw-Tables-open')];
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      buttons[Math.max(0, Math.min(buttons.length - 1, at + step))]?.focus();
      event.preventDefault();
    }
  };
  return (
    <div className="tw-Tables-panel" onKeyDown={move}>
      <div className="tw-Tables-head">
        <h2>Shared tables</h2>
        <Action label="Make a table of a file" icon={fileUploadIcon} run={() => void commands.execute(COMMANDS.upload)} />
        <Action label="Open a table by name" icon={addIcon} run={() => void commands.execute(COMMANDS.open)} />
      </div>
      <input
        className="tw-Tables-search"
        type="search"
        placeholder="Find a table"
        aria-label="Find a table"
        value={search}
        onChange={event => setSearch(event.target.value)}
      />
      {!tables.online && tables.all && (
        <p className="tw-Tables-note tw-mod-problem" role="status">
          The server cannot be reached; this list may be old.
        </p>
      )}
      {found.length ? (
        <ul ref={list} className="tw-Tables-list" aria-label="Shared tables">
          {found.map(table => (
            <Row key={table.name} table={table} commands={commands} />
          ))}
        </ul>
      ) : (
        <Empty tables={tables} filtered={search !== '' && (tables.all?.length ?? 0) > 0} />
      )}
    </div>
  );
}

export class TablesPanel extends ReactWidget {
  constructor(
    private readonly tables: Tables,
    private readonly commands: CommandRegistry
  ) {
    super();
    this.id = 'tabweave-tables';
    this.title.icon = tableIcon;
    this.title.caption = 'Shared tables';
    this.addClass('tw-Tables');
  }

  protected override render() {
    return <Panel tables={this.tables} commands={this.commands} />;
  }
}
