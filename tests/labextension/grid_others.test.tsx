import { act } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';
import { Control } from '../../labextension/src/grid/control';
import { drawCell } from '../../labextension/src/grid/drawing/draw';
import { flashOf } from '../../labextension/src/grid/people/flashes';
import { guardLeaving } from '../../labextension/src/grid/leaving';
import { Reporter } from '../../labextension/src/grid/people/news';
import { gather, initials, personColor, personGround } from '../../labextension/src/grid/people/person';
import { movedCells, peerMarks, placePeers } from '../../labextension/src/grid/people/peers';
import { Tags } from '../../labextension/src/grid/people/tags';
import type { Palette } from '../../labextension/src/grid/drawing/theme';
import type { ViewCell } from '../../labextension/src/grid/view';
import type { Peer, Place } from '../../labextension/src/protocol';
import type { Loss } from '../../labextension/src/session/api';
import { clipboard, mount, press, settle, type } from './grid_stage';
import { COLUMNS, TableSession } from './grid_table';

const BO = { id: 'bo', name: 'Bo Winter', color: '#1f77b4' };
const CY = { id: 'cy', name: 'Cy', color: '#ffd54f' };
const IDS = COLUMNS.map(({ id }) => id);
const PALETTE = { mode: 'light', brand: 'rgb(25, 118, 210)' } as Palette;

function peer(place: Place | null, more: Partial<Peer> = {}): Peer {
  return { key: 'k', user: BO, place, ...more };
}

function session(...peers: Peer[]): TableSession {
  const made = new TableSession(100);
  made.set({ role: 'editor', peers });
  return made;
}

describe('other people', () => {
  test('are told by up to two letters, and are one person with all that they have open', () => {
    expect(['Bo Winter', 'ann', 'J. R. R. Tolkien', '李'].map(initials)).toEqual(['BW', 'AN', 'JT', '李']);
    const peers = [peer(null, { key: '1' }), peer(null, { key: '2', user: CY }), peer(null, { key: '3' })];
    expect(gather(peers, 'u').map(({ person, peers: of }) => [person.id, of.length])).toEqual([
      ['bo', 2],
      ['cy', 1]
    ]);
    expect(gather(peers, 'bo').map(({ person }) => person.id)).toEqual(['cy']);
  });

  test('have ink that is legible on their colour, and lighter lines in the dark', () => {
    expect([personGround(BO).ink, personGround(CY).ink]).toEqual(['#ffffff', '#16181d']);
    expect(personColor(BO, 'light')).toBe('rgb(31, 119, 180)');
    expect(personColor(BO, 'dark')).toBe('rgb(116, 171, 209)');
    expect(personColor({ id: 'x', name: 'X', color: 'url(javascript:1)' }, 'light')).toBe('rgb(95, 107, 122)');
  });

  test('stand where their rows and columns are in this view, and nowhere if those are not here', () => {
    const places = [
      { rid: 3, column: 3, to_rid: 1, to_column: 5 },
      { rid: 500, column: 3 },
      { rid: 2, column: 99 }
    ].map((place, i) => peer(place, { key: String(i) }));
    const placed = placePeers(session(...places), [0, 5, 4, 3]);
    expect(placed.map(({ cursor, block }) => [cursor, block])).toEqual([
      [
        { row: 3, column: 3 },
        { row: 1, column: 1, rows: 3, columns: 3 }
      ]
    ]);
  });

  test('are framed by the edges of what they have selected, and fully at their cursor', () => {
    const placed = placePeers(session(peer({ rid: 3, column: 3, to_rid: 1, to_column: 5 })), IDS);
    const [cursor, inner, outside] = [
      [3, 3],
      [2, 4],
      [4, 3]
    ].map(([row = 0, column = 0]) => peerMarks(placed, row, column, 'light'));
    expect(cursor).toMatchObject([{ cursor: true, bottom: true, left: true, top: false, right: false }]);
    expect(inner).toMatchObject([{ cursor: false, bottom: false, left: false, top: false, right: false }]);
    expect(outside).toEqual([]);
  });

  test('have only those cells drawn anew that look different when they move', () => {
    const at = (...places: Place[]) => placePeers(session(...places.map((place, i) => peer(place, { key: String(i) }))), IDS);
    const still = { rid: 9, column: 3 };
    const moved = movedCells(
      at(still, { rid: 1, column: 1 }),
      at(still, { rid: 2, column: 1, to_rid: 90, to_column: 1 }),
      [0, 3]
    );
    expect(moved).toEqual([2, 3, 1].map(row => ({ row, column: 1 })));
    expect(movedCells(at(still), at(still), [0, 20])).toEqual([]);
    expect(movedCells(at(still), [], [0, 20])).toEqual([{ row: 9, column: 3 }]);
  });

  test('show in the toolbar, and a click on one goes to where they are', async () => {
    const { el, session: made } = await mount(
      session(peer({ rid: 7, column: 3, editing: true }), peer(null, { key: '2', user: CY }))
    );
    const faces = el.querySelector<HTMLButtonElement>('.tw-People')!;
    expect(faces.getAttribute('aria-label')).toBe('2 other people here: Bo Winter, Cy');
    act(() => faces.click());
    const people = [...document.querySelectorAll<HTMLElement>('.tw-PeopleList-person')];
    expect(people.map(one => [...one.querySelectorAll('.tw-PeopleList-text > *')].map(({ textContent }) => textContent))).toEqual(
      [
        ['Bo Winter', 'typing in price, row 8'],
        ['Cy', 'looking'],
        ['Una', 'you']
      ]
    );
    act(() => people[0]!.click());
    await settle();
    expect(made.spots.at(-1)).toMatchObject({ row: 7, column: 3 });
  });

  test('have their names at their cursors while they move or type, and when the pointer is there', () => {
    vi.useFakeTimers();
    const layer = document.createElement('div');
    const tags = new Tags(layer, () => ({ x: 10, y: 200, width: 80, height: 28 }));
    const shown = () => [...layer.querySelectorAll('.tw-mod-shown')].map(({ textContent }) => textContent);
    const show = (place: Place) => tags.show(placePeers(session(peer(place)), IDS));
    show({ rid: 3, column: 3 });
    expect(shown()).toEqual(['Bo Winter']);
    vi.advanceTimersByTime(4_000);
    expect(shown()).toEqual([]);
    tags.hover({ row: 3, column: 3 });
    expect(shown()).toEqual(['Bo Winter']);
    tags.hover(null);
    show({ rid: 3, column: 3, editing: true });
    vi.advanceTimersByTime(10_000);
    expect(shown()).toEqual(['Bo Winter is typing']);
    tags.show([]);
    expect(layer.querySelectorAll('.tw-Tag').length).toBe(0);
    tags.dispose();
    vi.useRealTimers();
  });
});

describe('where this user is', () => {
  test('is told with what is selected and whether they type', async () => {
    const { session: made, input } = await mount(session());
    act(() => input.focus());
    press('ArrowDown');
    press('ArrowDown', { shiftKey: true });
    press('ArrowRight', { shiftKey: true });
    expect(made.spots.at(-1)).toEqual({ row: 1, column: 0, toRow: 2, toColumn: 1, editing: false });
    press('Home', { ctrlKey: true });
    type('12');
    expect(made.spots.at(-1)).toMatchObject({ row: 0, column: 0, editing: true });
    press('Escape');
    expect(made.spots.at(-1)).toMatchObject({ editing: false });
    expect(clipboard('copy')).toBeDefined();
  });
});

describe('a cell that somebody changed', () => {
  const touch = { user: BO, own: false, at: 1_000_000, before: 12.5 };

  test('is lit in their colour, fades, and keeps a corner for a while', () => {
    const flashes = [0, 1_200, 3_000, 60_000].map(age => flashOf(touch, PALETTE, touch.at + age));
    expect(flashes.map(flash => flash?.wash)).toEqual(['rgba(31, 119, 180, 0.34)', 'rgba(31, 119, 180, 0.26)', '', undefined]);
    expect(flashes[2]?.mark).toBe('rgb(31, 119, 180)');
    expect(flashOf({ ...touch, own: true }, PALETTE, touch.at)?.mark).toBe(PALETTE.brand);
  });

  test('does not change its light from moment to moment for who wants no motion', () => {
    const still = [100, 2_000].map(age => flashOf(touch, PALETTE, touch.at + age, true)?.wash);
    expect(new Set(still).size).toBe(1);
  });

  test('says who it was when the cursor comes to it', async () => {
    const made = session();
    made.touches.set('1:0', { user: BO, own: false, at: Date.now() - 180_000, before: 9 });
    const { el, input } = await mount(made);
    act(() => input.focus());
    press('Home', { ctrlKey: true });
    press('ArrowDown');
    await settle(250);
    expect(el.querySelector<HTMLElement>('.tw-Grid-speech')!.textContent).toBe(
      'order, row 2: 10001, changed by Bo Winter 3 min ago'
    );
  });

  test('is drawn with both', () => {
    const filled: string[] = [];
    const ctx = new Proxy({} as Record<string, unknown>, {
      get: (_, name) => (name === 'measureText' ? (text: string) => ({ width: text.length }) : () => filled.push(String(name))),
      set: (_, name, value) => name !== 'fillStyle' || filled.push(String(value)) > 0
    }) as unknown as CanvasRenderingContext2D;
    const cell = {
      ...{ text: '1', look: 'number', state: 'stored', marked: false, faded: false, numeric: true, spoken: '1' },
      flash: { wash: 'wash', mark: 'mark' },
      peers: peerMarks(placePeers(session(peer({ rid: 1, column: 1 })), IDS), 1, 1, 'light')
    } as ViewCell;
    drawCell(ctx, { x: 0, y: 0, width: 80, height: 28 }, cell, PALETTE, '12px a', 0);
    expect(filled.filter(what => ['wash', 'mark', 'rgb(31, 119, 180)'].includes(what))).toEqual([
      'wash',
      'mark',
      'rgb(31, 119, 180)'
    ]);
  });
});

describe('news', () => {
  const loss = (rid: number, more: Partial<Loss> = {}): Loss => ({
    ...{ rid, column: 3, mine: 40, theirs: 55, rev: 9, at: Date.now(), user: BO },
    ...more
  });

  function reported() {
    const made = session();
    const control = new Control(made, null);
    new Reporter(control);
    return { made, control };
  }

  test('of a lost edit tells both values, and restores this user’s unless it has changed once more', async () => {
    const { made, control } = reported();
    const apply = vi.spyOn(made, 'apply');
    made.tell({ kind: 'lost', losses: [loss(4)] });
    expect(control.state.notice).toMatchObject({ text: 'Bo Winter changed price, row 5: 40.0 → 55.0' });
    control.state.notice?.action?.run();
    const block = { columns: [3], rows: [4], values: [[40]] };
    expect(apply).toHaveBeenCalledWith({ kind: 'set_cells', blocks: [block], input: 'value' }, { rev: 9 });
    await settle();
    expect(made.value(4, 3)).toBe(40);
  });

  test('of several is one sentence and one restoring', async () => {
    const { made, control } = reported();
    made.tell({ kind: 'lost', losses: [loss(4), loss(5, { user: CY, mine: null }), loss(6, { column: 1, mine: 'x' })] });
    expect(control.state.notice?.text).toBe('Bo Winter and Cy changed 3 cells that you had just written');
    control.state.notice?.action?.run();
    await settle();
    expect([made.value(4, 3), made.value(5, 3), made.value(6, 1)]).toEqual([40, null, 'x']);
  });

  test('of changes is said once for many, politely late', async () => {
    const { made, control } = reported();
    vi.useFakeTimers();
    const said: string[] = [];
    control.onSpeech(text => said.push(text));
    made.tell({ kind: 'changed', user: BO, own: false, spots: [{ row: 1, column: 0 }] });
    vi.advanceTimersByTime(2_000);
    for (let row = 0; row < 50; row++) {
      made.tell({ kind: 'changed', user: CY, own: false, spots: [{ row, column: 0 }] });
    }
    vi.advanceTimersByTime(2_000);
    expect(said).toEqual(['Bo Winter changed order, row 2 to 10001', 'Cy changed 50 cells']);
    vi.useRealTimers();
  });

  test('of edits from before say how they ended', () => {
    const { made, control } = reported();
    made.tell({ kind: 'taken', saved: 2, refused: [] });
    expect(control.state.notice).toMatchObject({ text: '2 edits from before this page was loaded are saved now.' });
    const nack = { type: 'nack' as const, ch: '', seq: 1, code: 'TYPE', message: "'x' is not a number." };
    made.tell({ kind: 'taken', saved: 0, refused: [nack] });
    expect(control.state.notice).toMatchObject({ level: 'error', text: expect.stringContaining("'x' is not a number.") });
  });
});

test('the browser asks before the page is left while something is unsaved, and only then', () => {
  const made = session();
  const loosen = guardLeaving(made);
  const asks = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }));
  expect(asks()).toBe(false);
  made.set({ unsaved: 1 });
  expect(asks()).toBe(true);
  made.set({ unsaved: 0 });
  expect(asks()).toBe(false);
  made.set({ unsaved: 2 });
  loosen();
  expect(asks()).toBe(false);
});
