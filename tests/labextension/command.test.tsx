import { act, fireEvent, screen, waitFor } from '@testing-library/react';
import { describe, expect, test } from 'vitest';
import { effectLine, effects } from '../../labextension/src/command/effects';
import { examples } from '../../labextension/src/command/examples';
import { jsonFault, locate, tidy } from '../../labextension/src/command/json_text';
import { Recall } from '../../labextension/src/command/recall';
import { tsv } from '../../labextension/src/command/answer';
import { gridAt, shownName } from '../../labextension/src/lab/nearest';
import type { Column, Proposal } from '../../labextension/src/protocol';
import { Refusal } from '../../labextension/src/session/refusal';
import { mount, place, press, settle } from './grid_stage';
import { COLUMNS, TableSession } from './grid_table';

const PLAN = '{"steps": [{"op": "update_cells", "column": "price", "value": 9007199254740993}]}';

const change = (more: Partial<Proposal> = {}): Proposal => ({
  outcome: 'change',
  rev: 1,
  command: 'set price to 0',
  steps: ['set price to 0 where order is less than 10003'],
  plan: PLAN,
  token: 't1',
  interpreter: 'grammar',
  n_cells: 2,
  rows_before: 100,
  rows_after: 99,
  rows_removed: 1,
  columns: [{ name: 'price', fate: 'changed', column: 3, cells: 2 }],
  ...more
});

/** A table in which a proposal changes the price of rows 0 and 60 and removes row 2. */
function proposing(more: Partial<Proposal> = {}): TableSession {
  const session = new TableSession(100);
  session.asker.answer = () => change(more);
  session.asker.cells.set('0:3', 0).set('60:3', 0.5);
  session.asker.removed.add(2);
  return session;
}

async function say(text: string): Promise<HTMLInputElement> {
  const field = await screen.findByRole<HTMLInputElement>('combobox');
  fireEvent.change(field, { target: { value: text } });
  press('Enter');
  const phase = () => document.querySelector('.tw-Command-body')?.getAttribute('data-phase') ?? 'asking';
  await waitFor(() => expect(phase()).not.toBe('asking'));
  await settle();
  return field;
}

async function opened(session: TableSession) {
  const stage = await mount(session);
  stage.input.focus();
  press('k', { ctrlKey: true });
  await settle();
  return stage;
}

const told = (el: HTMLElement, row: number, column: number) =>
  el.querySelector(`[id="glide-cell-${column + 1}-${row}"]`)?.textContent ?? '';

describe('the words of a proposal', () => {
  test('say what happens to cells, rows and columns, with thousands apart', () => {
    const proposal = change({
      n_cells: 1204,
      rows_removed: 17,
      columns: [
        { name: 'price', fate: 'changed', column: 3, cells: 1200 },
        { name: 'qty', fate: 'retyped', column: 4, kind: 'float', cells: 4 },
        { name: 'share', fate: 'added', kind: 'float' },
        { name: 'sales', was: 'amount', fate: 'renamed', column: 5 }
      ]
    });
    expect(effectLine(proposal)).toBe(
      'Changes 1,204 cells in 2 columns, removes 17 rows, adds column share, qty becomes float, renames amount to sales'
    );
  });

  test('say that nothing happens, and nothing else', () => {
    expect(effects(change({ nothing: true, n_cells: 0, rows_removed: 0, columns: [] }))).toEqual([
      { kind: 'none', text: 'changes nothing' }
    ]);
  });
});

describe('examples', () => {
  test('name columns of the table, quoted where a name is no word, and none that sums to nonsense', () => {
    const columns: Column[] = [
      { id: 1, name: 'order id', kind: 'integer', dtype: 'int64' },
      { id: 2, name: 'unit price', kind: 'float', dtype: 'float64' },
      { id: 3, name: 'region', kind: 'category', dtype: 'category' }
    ];
    expect(examples(columns)[0]).toBe('total "unit price" by region');
    expect(examples([])).toEqual([]);
  });
});

describe('what was said before', () => {
  test('is walked through from the newest, and ends at what was being typed', () => {
    const recall = new Recall(() => 'sales');
    ['a', 'b', 'a'].forEach(text => recall.add(text));
    expect(recall.all).toEqual(['a', 'b']);
    expect([recall.walk(1, 'draft'), recall.walk(1, 'a'), recall.walk(1, 'b')]).toEqual(['a', 'b', null]);
    expect([recall.walk(-1, 'b'), recall.walk(-1, 'a'), recall.walk(-1, 'draft')]).toEqual(['a', 'draft', null]);
    expect(new Recall(() => 'other').all).toEqual([]);
  });
});

describe('a plan as text', () => {
  test('keeps every digit and stays the same plan when it is laid out', () => {
    const laid = tidy(PLAN);
    expect(laid).toContain('9007199254740993');
    expect(JSON.parse(laid)).toEqual(JSON.parse(PLAN));
    expect(laid.split('\n').length).toBeGreaterThan(2);
  });

  test.each([
    ['{"steps": [}', 11, 'value is missing'],
    ['{"steps": []', 12, '“,” is missing'],
    ['{"a": tru}', 6, 'no value'],
    ['{"a": "b}', 6, 'not closed'],
    ['{a: 1}', 1, 'name in quotes'],
    ['[1 2]', 3, '“,” is missing'],
    ['{} x', 3, 'may follow']
  ])('%s is wrong at its place', (text, at, words) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(jsonFault(text)).toMatchObject({ start: at, message: expect.stringContaining(words) });
  });

  test('a path leads to its value, or to as much of it as there is', () => {
    const at = (path: string) => {
      const span = locate(PLAN, path);
      return span && PLAN.slice(span.start, span.end);
    };
    expect(at('$.steps[0].column')).toBe('"price"');
    expect(at('steps[0].value')).toBe('9007199254740993');
    expect(at('steps[0].where.column')).toBe(PLAN.slice(PLAN.indexOf('{"op"'), PLAN.lastIndexOf(']')));
  });
});

test('an answer is copied with its headers, in quotes where a text would break the table', () => {
  const columns = [COLUMNS[1]!, COLUMNS[0]!];
  expect(
    tsv(columns, [
      ['Ada\tL', null],
      [1, 2]
    ])
  ).toBe('customer\torder\n"Ada\tL"\t1\n\t2');
});

describe('in a notebook', () => {
  test.each([
    ['sales', 'sales'],
    ['df = 3\nsales.head(10)', 'sales'],
    ['%tab sales --rows 5', 'sales'],
    ['%tab show sales', 'sales'],
    ['sales["qty"]', null],
    ['print(sales)', null],
    ['', null]
  ])('the cell %j shows the variable %j', (source, name) => expect(shownName(source)).toBe(name));

  test('the grid that is meant has the keyboard, or stands in the active cell', () => {
    document.body.innerHTML =
      '<div id="a"><div id="one"><div class="tw-Grid" id="g1"></div></div><div id="two"><div class="tw-Grid" id="g2"><input></div></div><p id="three"></p></div>';
    const at = (id: string) => document.getElementById(id)!;
    expect(gridAt(at('a'), at('one'), null)?.id).toBe('g1');
    expect(gridAt(at('a'), at('one'), at('g2').querySelector('input'))?.id).toBe('g2');
    expect(gridAt(at('a'), at('three'), document.body)).toBeNull();
    document.body.innerHTML = '';
  });
});

describe('the command bar', () => {
  test('a proposal marks just the cells it changes and the rows it removes, however far away', async () => {
    const session = proposing();
    const { el } = await opened(session);
    await say('set price to 0');
    await waitFor(() => expect(told(el, 0, 3)).toContain('would become 0.0'));
    await waitFor(() => expect(told(el, 2, 1)).toContain('would be removed'));
    expect(told(el, 1, 3)).not.toContain('would');
    expect(screen.getByRole('list', { name: 'What it would do' }).textContent).toContain('changes 2 cells in price');
    expect(session.asker.looked.flat()).not.toContain(60);
    press('ArrowDown', { altKey: true });
    await waitFor(() => expect(session.asker.looked.flat()).toContain(60));
  });

  test('Enter applies what is shown as one operation, Escape lets it go and marks nothing', async () => {
    const session = proposing();
    const { el } = await opened(session);
    await say('set price to 0');
    press('Escape');
    expect(session.asker.dropped).toEqual(['t1']);
    await waitFor(() => expect(told(el, 0, 3)).not.toContain('would'));
    await say('set price to 0');
    press('Enter');
    await waitFor(() => expect(document.querySelector('.tw-Notice .tw-Button')).toBeTruthy());
    expect(session.ops).toEqual([
      { kind: 'transform', plan: PLAN, token: 't1', command: 'set price to 0', interpreter: 'grammar' }
    ]);
    fireEvent.click(document.querySelector('.tw-Notice .tw-Button')!);
    await settle();
    expect(session.ops.at(-1)).toEqual({ kind: 'undo' });
  });

  test('Enter asks again where something else was typed meanwhile', async () => {
    const session = proposing();
    await opened(session);
    await say('set price to 0');
    await say('set price to 1');
    expect(session.asker.given.map(({ text }) => text)).toEqual(['set price to 0', 'set price to 1']);
    expect(session.ops).toEqual([]);
  });

  test('jumps go through the changes in reading order, and round', async () => {
    const { input } = await opened(proposing());
    await say('set price to 0');
    for (const next of ['price, row 1', 'order, row 3', 'price, row 61', 'price, row 1']) {
      press('ArrowDown', { altKey: true });
      await waitFor(() => expect(place(input)).toBe(next));
      await settle();
    }
  });

  test('a table that changes has its proposal made anew, by the plan where a model made it', async () => {
    const session = proposing({ interpreter: 'model@tiny', cost: '80 tokens' });
    await opened(session);
    await say('tidy up');
    session.asker.answer = () => change({ interpreter: 'plan', n_cells: 7, token: 't2' });
    act(() => session.set({ rev: 9 }));
    await waitFor(() => expect(screen.getByRole('list', { name: 'What it would do' }).textContent).toContain('7 cells'), {
      timeout: 3000
    });
    expect(session.asker.given).toEqual([{ text: 'tidy up' }, { plan: PLAN, text: 'tidy up' }]);
    expect(screen.getByText('read by tiny · 80 tokens')).toBeTruthy();
  });

  test('two readings are offered, and the chosen one is asked for by its number', async () => {
    const session = proposing();
    session.asker.answer = ({ reading }) =>
      reading ? change() : { outcome: 'choice', rev: 1, readings: ['sort by price', 'sort by total'] };
    await opened(session);
    await say('sort');
    press('2');
    await waitFor(() => expect(session.asker.given.at(-1)).toEqual({ text: 'sort', reading: 2 }));
  });

  test('what is not understood is said, with commands that are and can be clicked', async () => {
    const session = proposing();
    session.asker.answer = ({ text }) =>
      text === 'trim customer'
        ? change()
        : { outcome: 'unclear', rev: 1, reason: 'Not understood: “frobnicate”.', suggestions: ['trim customer'] };
    await opened(session);
    await say('frobnicate');
    expect(document.querySelector('.tw-Command [role=alert]')?.textContent).toBe(
      'Not understood: “frobnicate”. Nothing was done.'
    );
    fireEvent.click(screen.getByRole('button', { name: /trim customer/ }));
    expect(await screen.findByRole('button', { name: 'Apply' })).toBeTruthy();
  });

  test('a plan that does not fit is marked at its place and the proposal stays', async () => {
    const session = proposing();
    await opened(session);
    await say('set price to 0');
    fireEvent.click(screen.getByRole('button', { name: 'Plan and code' }));
    const plan = screen.getByRole<HTMLTextAreaElement>('textbox', { name: 'Plan' });
    session.asker.answer = () =>
      new Refusal('NO_COLUMN', 'There is no column “prise”.', 'Did you mean price?', 'steps[0].column');
    fireEvent.change(plan, { target: { value: plan.value.replace('"price"', '"prise"') } });
    fireEvent.click(screen.getByRole('button', { name: 'Preview this plan' }));
    await waitFor(() => expect(document.querySelector('.tw-Plan-mirror mark')?.textContent).toBe('"prise"'));
    expect(document.querySelector('.tw-Plan-fault')?.textContent).toContain('Did you mean price?');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Apply' }).disabled).toBe(false);
    fireEvent.change(plan, { target: { value: '{"steps": [' } });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Preview this plan' }).disabled).toBe(true);
  });

  test('suggestions are a listbox under the arrow keys; Enter says the chosen one', async () => {
    const session = proposing();
    session.asker.suggestions = ['trim customer', 'trim note'];
    await opened(session);
    const field = screen.getByRole('combobox');
    fireEvent.change(field, { target: { value: 'trim' } });
    await screen.findAllByRole('option');
    press('ArrowDown');
    press('ArrowDown');
    expect(screen.getAllByRole('option')[1]?.getAttribute('aria-selected')).toBe('true');
    expect(field.getAttribute('aria-activedescendant')).toBe(screen.getAllByRole('option')[1]?.id);
    press('Enter');
    await waitFor(() => expect(session.asker.given).toEqual([{ text: 'trim note' }]));
    expect(screen.queryByRole('option')).toBeNull();
  });

  test('a column that would come is drawn beside the table and cannot be edited', async () => {
    const session = proposing({ columns: [{ name: 'double', fate: 'added', kind: 'float' }], n_cells: 0, rows_removed: 0 });
    session.set({ schema: { columns: COLUMNS.slice(0, 4), dtypes: [] } });
    const { el } = await opened(session);
    await say('add double');
    const headers = () => [...el.querySelectorAll('[role=columnheader]')].map(each => each.textContent);
    await waitFor(() => expect(headers()).toContain('double'));
    press('Escape');
    await settle();
    await waitFor(() => expect(headers()).not.toContain('double'));
  });

  test('nothing can be applied where the table is read-only, and it is said why', async () => {
    const session = proposing();
    session.set({ readOnly: 'You may only look at this table.' });
    await opened(session);
    await say('set price to 0');
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Apply' }).disabled).toBe(true);
    press('Enter');
    await settle();
    expect(session.ops).toEqual([]);
  });
});
