import { useCallback } from 'react';
import type { Peer, Person } from '../../protocol';
import type { Panel } from '../controller';
import { gather, initials, personColor, personGround, type Company } from '../people/person';
import { plural } from './figures';
import { Popover } from './popover';
import { useGrid, useGridState, useMode, useSessionState } from './scope';

/** So many faces are shown; the others are counted. */
const MOST = 4;

/** A person in a circle, in their colour. */
export function Face({ person, size = 24 }: { person: Person; size?: number }) {
  const { ground, ink } = personGround(person);
  return (
    <span
      className="tw-Face"
      style={{ background: ground, color: ink, width: size, height: size, fontSize: Math.round(size * 0.42) }}
      aria-hidden="true"
    >
      {initials(person.name || '?')}
    </span>
  );
}

/** Who else has the table open; nothing while nobody has. */
export function People() {
  const { controller } = useGrid();
  const { panel } = useGridState();
  const { peers, user } = useSessionState();
  const company = gather(peers, user?.id);
  if (!company.length) {
    return null;
  }
  const names = company.map(({ person }) => person.name).join(', ');
  const more = company.length - MOST;
  return (
    <button
      type="button"
      className="tw-People"
      aria-label={`${plural(company.length, 'other person', 'other people')} here: ${names}`}
      aria-haspopup="dialog"
      aria-expanded={panel.kind === 'people'}
      title={`Also here: ${names}`}
      onClick={event => controller.open({ kind: 'people', anchor: event.currentTarget.getBoundingClientRect() })}
    >
      {company.slice(0, more === 1 ? MOST + 1 : MOST).map(({ person }) => (
        <Face key={person.id} person={person} />
      ))}
      {more > 1 && <span className="tw-Face tw-mod-more">+{more}</span>}
    </button>
  );
}

/** Where a person is, in words; the place to go to, if its row is here. */
function whereabouts(
  { peers }: Company,
  row: (peer: Peer) => number | undefined,
  name: (column: number) => string | undefined
): { text: string; at: { row: number; column: number } | null } {
  for (const peer of peers) {
    const { place } = peer;
    const column = place ? name(place.column) : undefined;
    const here = row(peer);
    if (place && column !== undefined) {
      const where = here === undefined ? column : `${column}, row ${here + 1}`;
      return {
        text: place.editing ? `typing in ${where}` : where,
        at: here === undefined ? null : { row: here, column: place.column }
      };
    }
  }
  return { text: peers.every(({ kernel }) => kernel) ? 'in a notebook' : 'looking', at: null };
}

/** The list of who is here; a click goes to where somebody is. */
export function PeopleList({ panel }: { panel: Extract<Panel, { kind: 'people' }> }) {
  const { controller, focusGrid } = useGrid();
  const { peers, user } = useSessionState();
  const mode = useMode();
  const { session } = controller;
  const close = useCallback(() => controller.close(), [controller]);
  const row = (peer: Peer) => (peer.place ? session.row(peer.place.rid) : undefined);
  const go = (at: { row: number; column: number }) => {
    controller.close();
    controller.goTo(at.row, at.column);
    focusGrid();
  };
  return (
    <Popover anchor={panel.anchor} label="People here" width={248} onClose={close}>
      <ul className="tw-PeopleList">
        {gather(peers, user?.id).map(company => {
          const { text, at } = whereabouts(company, row, id => session.column(id)?.name);
          const { person } = company;
          return (
            <li key={person.id}>
              <button
                type="button"
                className="tw-PeopleList-person"
                disabled={at === null}
                title={at ? `Go to where ${person.name} is` : `${person.name}: ${text}`}
                onClick={() => at && go(at)}
              >
                <Face person={person} size={26} />
                <span className="tw-PeopleList-text">
                  <span className="tw-PeopleList-name">{person.name}</span>
                  <span className="tw-PeopleList-where" style={at ? { color: personColor(person, mode) } : undefined}>
                    {text}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
        {user && (
          <li className="tw-PeopleList-person">
            <Face person={user} size={26} />
            <span className="tw-PeopleList-text">
              <span className="tw-PeopleList-name">{user.name}</span>
              <span className="tw-PeopleList-where">you</span>
            </span>
          </li>
        )}
      </ul>
    </Popover>
  );
}
