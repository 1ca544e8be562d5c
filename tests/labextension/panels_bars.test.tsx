import { act } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';
import { matchFrom } from '../../labextension/src/grid/panels/find_bar';
import { formatAge, formatNumber } from '../../labextension/src/grid/panels/figures';
import { replaceText } from '../../labextension/src/grid/panels/replacement';
import { highlight } from '../../labextension/src/grid/panels/tokens';
import { savedState } from '../../labextension/src/grid/panels/toolbar';
import { column, fakeGrid, nack } from './panels_fake';
import { fireEvent, lastCall, mount, press, screen, waitFor } from './panels_stage';

const columns = [column(0, 'price', 'float', 'float64'), column(1, 'region', 'text', 'str')];
const grid = () => fakeGrid(columns);
const plain = { case: false, whole: false, regex: false };

describe('the toolbar', () => {
  test('“Saved” means that every edit was confirmed', () => {
    expect(savedState({ connection: 'open', unsaved: 0 }).word).toBe('Saved');
    expect(savedState({ connection: 'open', unsaved: 2 }).word).toBe('Saving …');
    expect(savedState({ connection: 'offline', unsaved: 0 }).word).toBe('Offline');
    expect(savedState({ connection: 'gone', unsaved: 0 }).word).toBe('Gone');
  });

  test('each sort key and filter has a chip that takes just it away', () => {
    const fake = grid();
    fake.session({
      rows: 12,
      view: {
        sort: [{ column: 0, descending: true }],
        filter: [
          { is: 'set', column: 1, values: ['East'] },
          { is: 'expression', sql: 'price > 3' }
        ]
      }
    });
    mount(fake);
    expect(screen.getByText('12 of 1,000')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Remove filter region is East' }));
    expect(lastCall(fake, 'filter')).toEqual([1, []]);
    fireEvent.click(screen.getByRole('button', { name: 'Remove filter price > 3' }));
    expect(lastCall(fake, 'where')).toEqual(['']);
    fireEvent.click(screen.getByRole('button', { name: 'Remove sort by price, descending' }));
    expect(lastCall(fake, 'sort')).toEqual([0, null, true]);
  });

  test('a view that no longer matches its values offers to re-apply', () => {
    const fake = grid();
    mount(fake);
    expect(screen.queryByRole('button', { name: 'Re-apply' })).toBeNull();
    act(() => fake.session({ stale: true }));
    fireEvent.click(screen.getByRole('button', { name: 'Re-apply' }));
    expect(lastCall(fake, 'refreshView')).toEqual([]);
  });

  test('the search waits for a pause in typing; Enter does not', () => {
    vi.useFakeTimers();
    try {
      const fake = grid();
      mount(fake);
      const box = screen.getByLabelText('Search all columns');
      fireEvent.change(box, { target: { value: 'ea' } });
      expect(lastCall(fake, 'search')).toBeUndefined();
      act(() => vi.advanceTimersByTime(300));
      expect(lastCall(fake, 'search')).toEqual(['ea']);
      fireEvent.change(box, { target: { value: 'east' } });
      fireEvent.keyDown(box, { key: 'Enter' });
      act(() => vi.advanceTimersByTime(0));
      expect(lastCall(fake, 'search')).toEqual(['east']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('undo cannot be pressed when there is nothing to undo, and is absent read-only', () => {
    const fake = grid();
    fake.session({ canUndo: false });
    mount(fake);
    expect(screen.getByRole('button', { name: 'Undo' })).toHaveProperty('disabled', true);
    act(() => fake.session({ readOnly: 'No.' }));
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
    expect(screen.getByText('Read-only')).toBeTruthy();
  });

  test('hidden columns can be shown one by one', () => {
    const fake = grid();
    fake.grid({ layout: { columns: [0], hidden: [1], pinned: 0, widths: new Map() } });
    mount(fake);
    fireEvent.click(screen.getByRole('button', { name: '1 hidden' }));
    fireEvent.click(screen.getByRole('checkbox', { name: 'region' }));
    expect(fake.controller.state.layout.hidden).toEqual([]);
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('the footer', () => {
  test('shows the figures of more than one cell, sums exact to the last digit', async () => {
    const fake = grid();
    mount(fake);
    act(() => fake.grid({ selection: { cursor: { row: 0, column: 0 }, ranges: [{ start: 0, stop: 6, columns: [0] }] } }));
    const sum = await screen.findByRole('button', { name: /Sum/ });
    expect(sum.textContent).toBe('Sum 12,345,678,901,234,567.25');
    expect(screen.getByRole('button', { name: /Max/ }).textContent).toBe('Max 9,007,199,254,740,993');
    act(() => fake.grid({ selection: { cursor: { row: 0, column: 0 }, ranges: [{ start: 0, stop: 1, columns: [0] }] } }));
    expect(screen.queryByRole('button', { name: /Sum/ })).toBeNull();
  });

  test('figures that are only glanced at have about six digits', () => {
    expect(formatNumber(1234567.891)).toBe('1,234,568');
    expect(formatNumber(0.000123)).toBe('0.00012');
    expect(formatNumber(-2.5)).toBe('-2.5');
    expect(formatNumber(1.5e21)).toBe('1.5e21');
    expect(formatAge(1000, 1000 + 7200)).toBe('2 h ago');
  });
});

describe('find and replace', () => {
  const openBar = (fake: ReturnType<typeof grid>, replace = false) => {
    mount(fake);
    act(() => fake.controller.open({ kind: 'find', replace }));
    const box = screen.getByLabelText('Find');
    fireEvent.change(box, { target: { value: 'ea' } });
    return box;
  };

  test('counts, marks and walks the matches; Shift goes back', async () => {
    const fake = grid();
    const box = openBar(fake);
    await screen.findByText('1 of 2');
    expect(fake.controller.state.matches).toHaveLength(2);
    expect(lastCall(fake, 'goTo')).toEqual([3, 0]);
    fireEvent.keyDown(box, { key: 'Enter' });
    expect(lastCall(fake, 'goTo')).toEqual([8, 0]);
    fireEvent.keyDown(box, { key: 'Enter' });
    expect(screen.getByText('1 of 2')).toBeTruthy();
    fireEvent.keyDown(box, { key: 'Enter', shiftKey: true });
    expect(screen.getByText('2 of 2')).toBeTruthy();
  });

  test('walking past the matches that are here fetches the others', async () => {
    const fake = grid();
    const all = Array.from({ length: 3 }, (_, row) => ({ row, rid: row, column: 0 }));
    fake.controller.session.find = async ({ limit }) => ({ matches: all.slice(0, limit === 1000 ? 2 : 3), total: 3 });
    const box = openBar(fake);
    await screen.findByText('1 of 3');
    fireEvent.keyDown(box, { key: 'Enter' });
    fireEvent.keyDown(box, { key: 'Enter' });
    expect(await screen.findByText('3 of 3')).toBeTruthy();
    expect(lastCall(fake, 'goTo')).toEqual([2, 0]);
  });

  test('Esc takes the marks away and goes back to the cells', async () => {
    const fake = grid();
    const { focusGrid } = mount(fake);
    act(() => fake.controller.open({ kind: 'find', replace: false }));
    fireEvent.change(screen.getByLabelText('Find'), { target: { value: 'ea' } });
    await screen.findByText('1 of 2');
    press('Escape');
    expect(fake.controller.state.matches).toEqual([]);
    expect(focusGrid).toHaveBeenCalled();
  });

  test('the search starts at the cursor', () => {
    const matches = [
      { row: 1, rid: 1, column: 0 },
      { row: 5, rid: 5, column: 0 },
      { row: 5, rid: 5, column: 1 }
    ];
    expect(matchFrom(matches, { row: 5, column: 1 }, [0, 1])).toBe(2);
    expect(matchFrom(matches, { row: 9, column: 0 }, [0, 1])).toBe(0);
    expect(matchFrom([], { row: 0, column: 0 }, [0])).toBe(-1);
  });

  test('replacing all is one operation, and its refusal is said in the bar', async () => {
    const fake = grid();
    fake.outcomes.push(nack('“bst” is not a number for price.', { hint: 'Choose the columns.' }));
    openBar(fake, true);
    await screen.findByText('1 of 2');
    fireEvent.click(screen.getByRole('button', { name: 'Match case' }));
    await screen.findByText('1 of 2');
    fireEvent.change(screen.getByLabelText('Replace with'), { target: { value: 'b' } });
    fireEvent.click(screen.getByRole('button', { name: 'All' }));
    expect(lastCall(fake, 'replace')).toEqual(['ea', 'b', { ...plain, case: true }]);
    expect((await screen.findByRole('alert')).textContent).toContain('not a number for price');
  });

  test('replacing one writes that cell as typed', async () => {
    const fake = grid();
    fake.cells.set('3:0', { value: 2.5, state: 'stored' });
    mount(fake);
    act(() => fake.controller.open({ kind: 'find', replace: true }));
    fireEvent.change(screen.getByLabelText('Find'), { target: { value: '2' } });
    await screen.findByText('1 of 2');
    fireEvent.change(screen.getByLabelText('Replace with'), { target: { value: '7' } });
    fireEvent.click(screen.getByRole('button', { name: 'Replace' }));
    expect(lastCall(fake, 'type')).toEqual([3, 0, '7.5']);
  });

  test('one replacement reads like the one for all', () => {
    expect(replaceText('a.b.c', { ...plain, text: '.' }, '$1')).toBe('a$1b$1c');
    expect(replaceText('East', { ...plain, text: 'east', whole: true }, 'E')).toBe('E');
    expect(replaceText('12-34', { ...plain, text: '(\\d+)-(\\d+)', regex: true }, '\\2/\\g<1>')).toBe('34/12');
    expect(replaceText('x', { ...plain, text: '(', regex: true }, '')).toBeNull();
  });
});

describe('side panels', () => {
  test('history tells who did what, and one change can be undone', async () => {
    const fake = grid();
    mount(fake);
    act(() => fake.controller.open({ kind: 'history', row: 2, column: 0 }));
    expect(await screen.findByText('price: 12.50 → 13.00')).toBeTruthy();
    expect(lastCall(fake, 'history')).toEqual([{ rid: 102, column: 0 }]);
    expect(screen.getByText('price, row 3')).toBeTruthy();
    fireEvent.click(screen.getByRole('button', { name: 'Undo', hidden: false, description: /price/ }));
    expect(lastCall(fake, 'apply')).toEqual([{ kind: 'undo', ref: 7 }]);
  });

  test('a side panel takes the focus; Esc in it or in the toolbar closes it', () => {
    const fake = grid();
    const { focusGrid } = mount(fake);
    const button = screen.getByRole('button', { name: /Copy what I did/ });
    fireEvent.click(button);
    expect(document.activeElement).toBe(screen.getByRole('complementary', { name: 'Code' }));
    press('Escape');
    expect(fake.controller.state.panel.kind).toBe('none');
    fireEvent.click(button);
    fireEvent.keyDown(button, { key: 'Escape' });
    expect(fake.controller.state.panel.kind).toBe('none');
    expect(focusGrid).toHaveBeenCalledTimes(2);
  });

  test('the edits read as pandas and as SQL', async () => {
    const fake = grid();
    mount(fake);
    act(() => fake.controller.open({ kind: 'code' }));
    await waitFor(() => expect(screen.getByLabelText('The edits as pandas code').textContent).toContain('df.loc[3, "price"]'));
    fireEvent.click(screen.getByRole('radio', { name: 'SQL' }));
    await waitFor(() => expect(screen.getByLabelText('The edits as sql code').textContent).toContain('UPDATE sales'));
  });

  test('colouring code loses no character of it', () => {
    const code = `df["a\\"b"] = 1_000  # it's\nif x: y = 'z'\n`;
    const tokens = highlight(code, 'pandas');
    expect(tokens.map(({ text }) => text).join('')).toBe(code);
    expect(tokens.filter(({ kind }) => kind === 'comment').map(({ text }) => text)).toEqual(["# it's"]);
  });
});

describe('notices and empty tables', () => {
  test('an error stays until it is closed, news leave by themselves', () => {
    vi.useFakeTimers();
    try {
      const fake = grid();
      mount(fake);
      act(() => fake.controller.notify({ level: 'info', text: 'Copied.' }));
      act(() => vi.advanceTimersByTime(7000));
      expect(fake.controller.state.notice).toBeNull();
      act(() => fake.controller.notify({ level: 'error', text: 'Refused.', hint: 'Try 3.' }));
      act(() => vi.advanceTimersByTime(60_000));
      expect(screen.getByText('Refused.')).toBeTruthy();
      fireEvent.click(screen.getByRole('button', { name: 'Dismiss' }));
      expect(fake.controller.state.notice).toBeNull();
    } finally {
      vi.useRealTimers();
    }
  });

  test('a table that cannot be reached says so over the cells', () => {
    const fake = grid();
    mount(fake);
    act(() => fake.session({ connection: 'gone', notice: 'The kernel was restarted. Run the cell again.' }));
    expect(screen.getByRole('alert').textContent).toBe('The kernel was restarted. Run the cell again.');
  });

  test('a filter that nothing passes offers to clear it; a table without rows offers one', () => {
    const fake = grid();
    fake.session({ rows: 0, view: { search: 'zzz' } });
    mount(fake);
    fireEvent.click(screen.getByRole('button', { name: 'Clear all filters' }));
    expect(lastCall(fake, 'clearView')).toEqual([]);
    act(() => fake.session({ rows: 0, total: 0, view: {} }));
    fireEvent.click(screen.getByRole('button', { name: 'Insert a row' }));
    expect(lastCall(fake, 'insertRows')).toEqual([0, 1]);
  });

  test('a table without columns takes its first one in place', async () => {
    const fake = fakeGrid([]);
    fake.session({ rows: 0, total: 0 });
    mount(fake);
    fireEvent.submit(screen.getByLabelText('Name'));
    expect(screen.getByRole('alert').textContent).toBe('Give the column a name.');
    fireEvent.change(screen.getByLabelText('Name'), { target: { value: 'first' } });
    fireEvent.submit(screen.getByLabelText('Name'));
    await waitFor(() => expect(lastCall(fake, 'insertColumn')).toEqual([0, 'first', 'str']));
  });
});
