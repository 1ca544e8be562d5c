import { boundsText } from '../../labextension/src/grid/panels/bounds_page';
import { act } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { insertPlace } from '../../labextension/src/grid/panels/column_pages';
import { selectedRows } from '../../labextension/src/grid/panels/cell_menu';
import { targets } from '../../labextension/src/grid/panels/column_menu';
import { nextLine } from '../../labextension/src/grid/panels/menu';
import { nearestColumns, parsePlace } from '../../labextension/src/grid/panels/places';
import { place } from '../../labextension/src/grid/panels/popover';
import { column, fakeGrid, nack } from './panels_fake';
import { anchor, columnPanel, fireEvent, lastCall, mount, press, screen, waitFor } from './panels_stage';

const columns = [
  column(0, 'id', 'integer', 'int64', { index: true, editable: false, why: 'Index levels are read-only here.' }),
  column(1, 'price', 'decimal', 'decimal128(18, 2)[pyarrow]', { scale: 2 }),
  column(2, 'region', 'category', 'category'),
  column(3, 'customer', 'text', 'str')
];
const grid = () => fakeGrid(columns);
const open = (fake: ReturnType<typeof grid>, panel: Parameters<typeof fake.controller.open>[0]) =>
  act(() => fake.controller.open(panel));

describe('a popover', () => {
  test('stays on the screen: below its anchor, else above, else pushed in', () => {
    const screenSize = { width: 800, height: 600 };
    expect(place(new DOMRect(100, 100, 50, 20), { width: 200, height: 100 }, screenSize)).toEqual({ left: 100, top: 123 });
    expect(place(new DOMRect(700, 500, 50, 20), { width: 200, height: 100 }, screenSize)).toEqual({ left: 592, top: 397 });
    expect(place(new DOMRect(-50, 200, 50, 20), { width: 200, height: 500 }, screenSize)).toEqual({ left: 8, top: 92 });
  });

  test('lies in the body with the theme around it, and keys in it do not reach the page', () => {
    const fake = grid();
    const { heard } = mount(fake);
    open(fake, columnPanel(1));
    const dialog = screen.getByRole('dialog', { name: 'Column price' });
    expect(dialog.parentElement).toBe(document.body);
    expect(dialog.className).toContain('tw-Scope');
    expect(dialog.dataset['twTheme']).toBe('light');
    press('x');
    expect(heard).not.toHaveBeenCalled();
    fireEvent.keyDown(screen.getByTestId('cells'), { key: 'x' });
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('Tab goes round inside it', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(1, 'rename'));
    const name = screen.getByLabelText('Name');
    const rename = screen.getByRole('button', { name: 'Rename' });
    rename.focus();
    press('Tab');
    expect(document.activeElement).toBe(name);
    press('Tab', { shiftKey: true });
    expect(document.activeElement).toBe(rename);
  });

  test('Esc closes it and gives the keyboard back to the cells', () => {
    const fake = grid();
    const { focusGrid } = mount(fake);
    open(fake, columnPanel(1));
    press('Escape');
    expect(screen.queryByRole('dialog')).toBeNull();
    expect(focusGrid).toHaveBeenCalledTimes(1);
    expect(document.activeElement).toBe(screen.getByTestId('cells'));
  });

  test('a click outside closes it, one inside does not', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(1));
    fireEvent.pointerDown(screen.getByRole('dialog'));
    expect(screen.queryByRole('dialog')).toBeTruthy();
    fireEvent.pointerDown(document.body);
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('the keyboard in a menu', () => {
  test('arrows go round, Home and End to the ends, a letter to the next line with it', () => {
    const lines = [{ label: 'Cut' }, { label: 'Copy' }, { label: 'Paste' }];
    expect(nextLine('ArrowUp', 0, lines)).toBe(2);
    expect(nextLine('ArrowDown', 2, lines)).toBe(0);
    expect(nextLine('End', 0, lines)).toBe(2);
    expect(nextLine('c', 0, lines)).toBe(1);
    expect(nextLine('c', 1, lines)).toBe(0);
    expect(nextLine('z', 0, lines)).toBeNull();
  });

  test('the first line has the focus, and the arrows move it past the rules between groups', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(1));
    expect(document.activeElement?.textContent).toContain('Sort ascending');
    press('ArrowDown');
    press('ArrowDown');
    expect(document.activeElement?.textContent).toContain('Filter');
    press('ArrowRight');
    expect(screen.getByRole('heading', { name: 'Filter price' })).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Back' }));
    expect(screen.getByRole('menuitem', { name: /Sort ascending/ })).toBeTruthy();
  });
});

describe('the column menu', () => {
  test('sorting by a second column can keep the first key', () => {
    const fake = grid();
    fake.session({ view: { sort: [{ column: 3 }] } });
    mount(fake);
    open(fake, columnPanel(1));
    fireEvent.click(screen.getByRole('menuitem', { name: /Then by this, descending/ }));
    expect(lastCall(fake, 'sort')).toEqual([1, true, true]);
  });

  test('an index level cannot be renamed, and says why', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(0));
    const rename = screen.getByRole('menuitem', { name: /Rename/ });
    expect(rename.getAttribute('aria-disabled')).toBe('true');
    expect(rename.title).toBe('Index levels are read-only here.');
    fireEvent.click(rename);
    expect(screen.queryByRole('heading', { name: /Rename/ })).toBeNull();
  });

  test('a name that is taken is refused before it is sent', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(1, 'rename'));
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'region' } });
    fireEvent.click(screen.getByRole('button', { name: 'Rename' }));
    expect(screen.getByRole('alert').textContent).toContain('named “region” already');
    expect(lastCall(fake, 'rename')).toBeUndefined();
  });

  test('a refused rename stays open with the table’s reason', async () => {
    const fake = grid();
    fake.outcomes.push(nack('The name is too long.', { hint: 'Use at most 200 characters.' }));
    mount(fake);
    open(fake, columnPanel(1, 'rename'));
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'cost' } });
    fireEvent.submit(screen.getByLabelText('Name'));
    expect((await screen.findByRole('alert')).textContent).toBe('The name is too long.Use at most 200 characters.');
    expect(lastCall(fake, 'rename')).toEqual([1, 'cost']);
  });

  test('bounds are declared for numbers, and a refusal of them stays with its reason', async () => {
    const fake = grid();
    fake.outcomes.push(nack('2 cells are not at least 0.', { hint: 'Change them first.' }));
    mount(fake);
    open(fake, columnPanel(1, 'bounds'));
    fireEvent.change(screen.getByLabelText('At least'), { target: { value: ' 0 ' } });
    fireEvent.submit(screen.getByLabelText('At least'));
    expect((await screen.findByRole('alert')).textContent).toBe('2 cells are not at least 0.Change them first.');
    expect(lastCall(fake, 'bound')).toEqual([1, '0', null]);
    expect(boundsText({ id: 1, name: 'a', kind: 'float', dtype: 'double', least: '0', most: '1000.5' })).toBe('0 to 1,000.5');
  });

  test('cells that do not convert are listed, and only a second choice makes them missing', async () => {
    const fake = grid();
    const bad = { row: 4, column: 0, rid: 4, id: 3, text: 'Ann', message: '“Ann” is not a whole number.' };
    const offer = { kind: 'retype_column', column: 3, dtype: 'Int64', on_error: 'missing' } as const;
    fake.outcomes.push(nack('2 cells are not whole numbers.', { bad: [bad], n_bad: 2, offer }));
    const { focusGrid } = mount(fake);
    open(fake, columnPanel(3, 'type'));
    fireEvent.change(screen.getByLabelText('Search types'), { target: { value: 'Int64' } });
    press('ArrowDown');
    press('Enter');
    expect(lastCall(fake, 'retype')).toEqual([3, 'Int64', 'refuse']);
    await screen.findByText('“Ann” is not a whole number.');
    expect(screen.getByText('row 5')).toBeTruthy();
    expect(screen.getByText('and 1 more')).toBeTruthy();
    expect(screen.getByRole('dialog').contains(document.activeElement)).toBe(true);
    expect(screen.queryByRole('button', { name: /Change the type/ })).toBeNull();
    fireEvent.click(screen.getByRole('button', { name: /Make 2 cells missing/ }));
    expect(lastCall(fake, 'retype')).toEqual([3, 'Int64', 'missing']);
    await waitFor(() => expect(focusGrid).toHaveBeenCalled());
  });

  test('a type that would do is offered beside the refusal', async () => {
    const fake = grid();
    const offer = { kind: 'retype_column', column: 3, dtype: 'Int64' } as const;
    fake.outcomes.push(nack('This type cannot hold the 4 missing cells.', { offer }));
    mount(fake);
    open(fake, columnPanel(3, 'type'));
    press('Enter');
    fireEvent.click(await screen.findByRole('button', { name: /Int64|Whole number, may be missing/ }));
    expect(lastCall(fake, 'apply')).toEqual([offer]);
  });

  test('a new column goes beside this one, counted without index levels', async () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(2, 'insert'));
    fireEvent.click(screen.getByRole('radio', { name: 'Left of region' }));
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'note' } });
    fireEvent.click(screen.getByRole('button', { name: 'Insert' }));
    await waitFor(() => expect(lastCall(fake, 'insertColumn')).toEqual([1, 'note', 'str']));
    expect(insertPlace(columns[3]!, columns, 'right')).toBe(3);
    expect(insertPlace(columns[0]!, columns, 'right')).toBe(0);
  });

  test('commands are for all whole columns that are selected with it', () => {
    const whole = { start: 0, stop: 10, columns: [1, 2] };
    expect(targets(2, [whole], 10)).toEqual([1, 2]);
    expect(targets(3, [whole], 10)).toEqual([3]);
    expect(targets(2, [{ ...whole, stop: 9 }], 10)).toEqual([2]);
  });

  test('it closes when its column is gone', () => {
    const fake = grid();
    mount(fake);
    open(fake, columnPanel(3));
    act(() => fake.session({ schema: { columns: columns.slice(0, 3), dtypes: [] } }));
    expect(fake.controller.state.panel.kind).toBe('none');
  });
});

describe('the cell menu', () => {
  const cell = { kind: 'cell', row: 4, column: 2, anchor } as const;

  test('rows are inserted around the whole selection, as many as it has', async () => {
    const fake = grid();
    fake.grid({ selection: { cursor: { row: 4, column: 2 }, ranges: [{ start: 4, stop: 7, columns: [2] }] } });
    mount(fake);
    open(fake, cell);
    fireEvent.click(screen.getByRole('menuitem', { name: 'Insert 3 rows below' }));
    expect(lastCall(fake, 'insertRows')).toEqual([7, 3]);
  });

  test('rows that are selected twice count once', () => {
    const ranges = [
      { start: 2, stop: 6, columns: [1] },
      { start: 4, stop: 8, columns: [2] }
    ];
    expect(selectedRows({ cursor: null, ranges })).toEqual({ first: 2, last: 7, count: 6 });
  });

  test('a cell’s value can be kept or excluded, in its JSON form', async () => {
    const fake = grid();
    fake.cells.set('4:2', { value: 'East', state: 'stored' });
    mount(fake);
    open(fake, cell);
    fireEvent.click(screen.getByRole('menuitem', { name: 'Exclude East' }));
    expect(lastCall(fake, 'filter')).toEqual([2, [{ is: 'set', column: 2, values: ['East'], exclude: true }]]);
  });

  test('what cannot be done read-only says so and does nothing', () => {
    const fake = grid();
    fake.session({ readOnly: 'This table is shared read-only.' });
    mount(fake);
    open(fake, cell);
    const line = screen.getByRole('menuitem', { name: 'Delete row' });
    expect(line.title).toBe('This table is shared read-only.');
    fireEvent.click(line);
    expect(lastCall(fake, 'deleteRows')).toBeUndefined();
    expect(screen.getByRole('menuitem', { name: /^Copy Ctrl/ }).getAttribute('aria-disabled')).toBeNull();
  });

  test('filling down repeats the first selected row in the others', async () => {
    const fake = grid();
    fake.grid({ selection: { cursor: { row: 4, column: 2 }, ranges: [{ start: 4, stop: 7, columns: [2] }] } });
    mount(fake);
    open(fake, cell);
    fireEvent.click(screen.getByRole('menuitem', { name: /Fill down/ }));
    expect(lastCall(fake, 'apply')).toEqual([
      { kind: 'fill', columns: [2], start: 4, stop: 5, target_start: 5, target_stop: 7, mode: 'copy' }
    ]);
  });
});

describe('go to', () => {
  test('takes a row, a column, or both, in any case', () => {
    expect(parsePlace('12', columns, 100)).toEqual({ row: 11 });
    expect(parsePlace('1,000 PRICE', columns, 5000)).toEqual({ row: 999, column: 1 });
    expect(parsePlace('region', columns, 100)).toEqual({ column: 2 });
    expect(parsePlace('2024', [column(9, '2024', 'float', 'float64')], 10)).toEqual({ column: 9 });
  });

  test('names the nearest columns for one that is not there, and the rows there are', () => {
    expect(parsePlace('3, prise', columns, 100)).toEqual({ error: 'There is no column “prise”. Did you mean “price”?' });
    expect(parsePlace('101', columns, 100)).toEqual({ error: 'There is no row 101. The view has rows 1 to 100.' });
    expect(nearestColumns('re', columns, 5).map(({ name }) => name)[0]).toBe('region');
  });

  test('arrows choose a hint, and a hidden column is shown again', () => {
    const fake = grid();
    fake.grid({ layout: { columns: [0, 1, 3], hidden: [2], pinned: 0, widths: new Map() } });
    const { focusGrid } = mount(fake);
    open(fake, { kind: 'goto' });
    fireEvent.change(screen.getByRole('combobox'), { target: { value: '7 regi' } });
    press('ArrowDown');
    press('Enter');
    expect(lastCall(fake, 'goTo')).toEqual([6, 2]);
    expect(fake.controller.state.layout.hidden).toEqual([]);
    expect(focusGrid).toHaveBeenCalled();
  });
});
