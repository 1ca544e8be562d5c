import { act, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { TreeInfo } from '../../labextension/src/protocol';
import { Refusal } from '../../labextension/src/session/refusal';
import { column, fakeGrid, type Fake } from './panels_fake';
import { anchor, fireEvent, lastCall, mount, press, screen, waitFor } from './panels_stage';
import type { FakePlanner } from './tree_planner';

const BASE = [
  column(1, 'brand', 'category', 'category'),
  column(2, 'family', 'text', 'str'),
  column(3, 'amount', 'integer', 'int64'),
  column(4, 'price', 'float', 'float64')
];
const TREE: TreeInfo = {
  rollup: {
    name: 'year',
    levels: [1, 2],
    aggregates: [
      { fn: 'sum', column: 3 },
      { fn: 'max', column: 4 }
    ]
  },
  levels: ['brand', 'family'],
  columns: [
    { id: 1, aggregate: 0, column: 3 },
    { id: 2, aggregate: 1 }
  ],
  nodes: [1, 2, 4],
  rows: 60,
  remarks: ['price is approximate']
};
const DRAWN = [
  column(0, 'brand > family', 'text', 'str', { index: true, editable: false }),
  column(1, 'sum(amount)', 'integer', 'int64'),
  column(2, 'max(price)', 'float', 'float64', { editable: false, why: 'The maximum belongs to one leaf.' })
];

const plannerOf = (fake: Fake) => fake.controller.session.planner as FakePlanner;

/** A grid that shows the tree, with a cursor on the amount of an open node. */
function planted(): Fake {
  const fake = fakeGrid(BASE);
  const node = { path: ['Acme'], depth: 1, children: 2, open: true, leaves: 30 };
  plannerOf(fake).rows.push({ node, locked: new Set(), why: new Map() });
  fake.session({
    tree: TREE,
    schema: { columns: DRAWN, dtypes: [] },
    rows: 3,
    total: 7,
    rollups: [TREE.rollup],
    view: { tree: { rollup: 'year', depth: 1 } }
  });
  fake.grid({ selection: { cursor: { row: 0, column: 1 }, ranges: [{ start: 0, stop: 1, columns: [1] }] } });
  return fake;
}

const panel = () => screen.getByRole('dialog', { name: 'Roll up' });
const openPanel = () => fireEvent.click(screen.getByRole('button', { name: 'Roll up…' }));

describe('the panel of rollups', () => {
  it('puts levels in order, chooses measures, and rolls up', async () => {
    const fake = fakeGrid(BASE);
    mount(fake);
    openPanel();
    fireEvent.click(screen.getByRole('button', { name: 'Move family up' }));
    fireEvent.change(screen.getAllByLabelText('Function')[0]!, { target: { value: 'max' } });
    fireEvent.click(screen.getByRole('button', { name: 'Remove mean(price)' }));
    fireEvent.click(screen.getByRole('button', { name: 'Roll up' }));
    await waitFor(() => expect(lastCall(fake, 'setView')).toBeDefined());
    expect(lastCall(fake, 'setView')?.[0]).toMatchObject({
      tree: { rollup: { levels: [2, 1], aggregates: [{ fn: 'max', column: 3 }] }, depth: 1 }
    });
  });

  it('says what is missing and stays open', () => {
    const fake = fakeGrid(BASE);
    mount(fake);
    openPanel();
    fireEvent.click(screen.getByRole('button', { name: 'Remove brand' }));
    fireEvent.click(screen.getByRole('button', { name: 'Remove family' }));
    fireEvent.click(screen.getByRole('button', { name: 'Roll up' }));
    expect(screen.getByRole('alert').textContent).toContain('at least one level');
    expect(lastCall(fake, 'setView')).toBeUndefined();
  });

  it('keeps a rollup under its name, applies kept ones and drops them', async () => {
    const fake = planted();
    mount(fake);
    act(() => fake.controller.open({ kind: 'rollup', anchor }));
    fireEvent.change(screen.getByLabelText(/Name/), { target: { value: 'mine' } });
    fireEvent.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(plannerOf(fake).kept).toEqual([{ ...TREE.rollup, name: 'mine' }]));
    await waitFor(() => expect(screen.getByRole('button', { name: 'Drop year' })).toBeTruthy());
    fireEvent.click(screen.getByRole('button', { name: 'Drop year' }));
    await waitFor(() => expect(plannerOf(fake).dropped).toEqual(['year']));
    fireEvent.click(within(panel()).getByRole('button', { name: /^year/ }));
    await waitFor(() => expect(lastCall(fake, 'setView')?.[0]).toMatchObject({ tree: { rollup: 'year' } }));
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Roll up' })).toBeNull());
  });

  it('shows to those who may only look what is kept, and nothing to keep it with', () => {
    const fake = planted();
    fake.session({ role: 'viewer', readOnly: 'You may look.' });
    mount(fake);
    act(() => fake.controller.open({ kind: 'rollup', anchor }));
    expect(panel().textContent).toContain('year');
    expect(screen.queryByRole('button', { name: 'Save' })).toBeNull();
    expect(screen.queryByRole('button', { name: 'Drop year' })).toBeNull();
  });
});

describe('the bars of a tree', () => {
  it('open it to a level, tell what is held and lead back', async () => {
    const fake = planted();
    mount(fake);
    expect(screen.getByRole('button', { name: 'Open to level 1, brand' }).getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(screen.getByRole('button', { name: 'Open to level 2, family' }));
    expect(lastCall(fake, 'setView')?.[0]).toMatchObject({ tree: { depth: null, expanded: [] } });
    act(() => fake.controller.tree.hold([{ row: 0, column: 1 }]));
    expect(screen.getByRole('toolbar', { name: 'Rollup' }).textContent).toContain('1 held');
    fireEvent.click(screen.getByRole('button', { name: 'Hold nothing' }));
    expect(fake.controller.tree.state.holds).toEqual([]);
    fireEvent.click(screen.getByRole('button', { name: 'Back to rows' }));
    expect(lastCall(fake, 'setView')?.[0]).toMatchObject({ tree: null });
  });

  it('say in the foot where the cursor is, and why a cell cannot be written', () => {
    const fake = planted();
    mount(fake);
    const foot = screen.getByRole('contentinfo');
    expect(foot.textContent).toContain('Acme · 30 rows');
    act(() => fake.grid({ selection: { cursor: { row: 0, column: 2 }, ranges: [] } }));
    expect(foot.textContent).toContain('The maximum belongs to one leaf.');
  });
});

describe('the menus of a tree', () => {
  it('hold, lock and lead to the rows', async () => {
    const fake = planted();
    mount(fake);
    const open = () => act(() => fake.controller.open({ kind: 'cell', row: 0, column: 1, anchor }));
    open();
    fireEvent.click(screen.getByRole('menuitem', { name: /^Hold this total/ }));
    expect(fake.controller.tree.state.holds).toEqual([{ at: { path: ['Acme'] }, aggregate: 0 }]);
    open();
    fireEvent.click(screen.getByRole('menuitem', { name: /^Lock/ }));
    await waitFor(() =>
      expect(lastCall(fake, 'apply')?.[0]).toMatchObject({
        kind: 'lock',
        at: [{ path: ['Acme'] }],
        aggregates: [0],
        locked: true
      })
    );
    open();
    fireEvent.click(screen.getByRole('menuitem', { name: /^Show the rows of Acme/ }));
    await waitFor(() => expect(lastCall(fake, 'setView')?.[0]).toMatchObject({ filter: [{ column: 1, values: ['Acme'] }] }));
  });

  it('offer no way to hold what cannot be written, and say why', () => {
    const fake = planted();
    mount(fake);
    act(() => fake.controller.open({ kind: 'cell', row: 0, column: 2, anchor }));
    expect(screen.getByRole('menuitem', { name: /^Hold/ }).title).toBe('The maximum belongs to one leaf.');
  });

  it('filter totals by a range and labels by a text', async () => {
    const fake = planted();
    mount(fake);
    act(() => fake.controller.open({ kind: 'column', column: 1, anchor, page: 'filter' }));
    fireEvent.change(screen.getByLabelText('At least'), { target: { value: '1,200' } });
    press('Enter');
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    expect(lastCall(fake, 'filter')).toEqual([1, [{ is: 'range', column: 1, lo: 1200, hi: null }]]);
  });
});

describe('a write that spreads far', () => {
  it('shows the biggest changes, and is done only when it is wanted', async () => {
    const fake = planted();
    const largest = [{ row: 7, path: ['Acme', 'Shoes'], before: '10', after: '1200' }];
    const total = { name: 'Acme', measure: 'amount', rows: 3000, changed: 2900, before: '100', after: '1200', largest };
    plannerOf(fake).found = { rows: 3000, changed: 2900, totals: [total] };
    mount(fake);
    await fake.controller.tree.write(0, 1, '1200', true);
    act(() => fake.controller.open({ kind: 'proposal', anchor }));
    const shown = screen.getByRole('dialog', { name: 'Preview' });
    expect(shown.textContent).toMatch(/3,000 rows.*100.*1,200.*2,900 of 3,000 rows would change.*Acme > Shoes/);
    expect(document.activeElement?.textContent).toBe('Apply');
    plannerOf(fake).outcomes.push({ ok: false, nack: { type: 'nack', ch: '', seq: 1, code: 'CONFLICT', message: 'other' } });
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await waitFor(() => expect(screen.getByRole('alert').textContent).toContain('changed meanwhile'));
    fireEvent.click(screen.getByRole('button', { name: 'Apply' }));
    await waitFor(() => expect(screen.queryByRole('dialog', { name: 'Preview' })).toBeNull());
    expect(plannerOf(fake).spreads.at(-1)).toMatchObject({ token: '1-a', targets: [{ value: '1200' }] });
  });

  it('shows several totals in a line each', async () => {
    const fake = planted();
    const total = { measure: 'amount', rows: 1500, changed: 1500, before: '15000', largest: [] };
    const totals = ['Acme', 'Bolt'].map((name, place) => ({ ...total, name, after: `${8 + place}000` }));
    plannerOf(fake).found = { rows: 3000, changed: 3000, totals };
    mount(fake);
    await fake.controller.tree.write(0, 1, '8000', true);
    act(() => fake.controller.open({ kind: 'proposal', anchor }));
    const lines = [...screen.getByRole('table', { name: 'The totals' }).querySelectorAll('tbody tr')];
    expect(lines.map(({ textContent }) => textContent)).toEqual(['amount of Acme15,0008,000', 'amount of Bolt15,0009,000']);
  });

  it('is forgotten when it is cancelled', async () => {
    const fake = planted();
    mount(fake);
    await fake.controller.tree.write(0, 1, '5', true);
    act(() => fake.controller.open({ kind: 'proposal', anchor }));
    press('Escape');
    expect(screen.queryByRole('dialog', { name: 'Preview' })).toBeNull();
    expect([fake.controller.tree.state.proposal, plannerOf(fake).spreads]).toEqual([null, []]);
    plannerOf(fake).refusal = new Refusal('ALL_HELD', 'Everything is held.');
    await expect(fake.controller.tree.write(0, 1, '5', true)).rejects.toThrow('Everything is held.');
  });
});
