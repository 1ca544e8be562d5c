import { act } from '@testing-library/react';
import { describe, expect, test, vi } from 'vitest';
import { Control } from '../../labextension/src/grid/control';
import { Dates, dayText } from '../../labextension/src/grid/drawing/dates';
import { fit, fitNumber } from '../../labextension/src/grid/drawing/draw';
import { createEvents } from '../../labextension/src/grid/input/pointers';
import { fillTarget } from '../../labextension/src/grid/glide/fill';
import { createHandle, type Seen } from '../../labextension/src/grid/glide/handle';
import { HEIGHT, heightOf, keepHeight } from '../../labextension/src/grid/height';
import type { ViewProps } from '../../labextension/src/grid/view';
import type { Column } from '../../labextension/src/protocol';
import { mount, pause, press } from './grid_stage';
import { COLUMNS, TableSession } from './grid_table';

const paper = { measureText: (text: string) => ({ width: text.length * 7 }) } as unknown as CanvasRenderingContext2D;

describe('texts that do not fit', () => {
  test('a number is never shown without its end', () => {
    expect(fitNumber(paper, 'a', '1.180196e-07', 84)).toBe('1.180196e-07');
    expect(fitNumber(paper, 'a', '1.180196e-07', 83)).toBe('###########');
    expect(fitNumber(paper, 'a', '12', 3)).toBe('#');
  });

  test('a text ends in an ellipsis however little it is too long', () => {
    expect(fit(paper, 'b', 'Northwind', 63)).toBe('Northwind');
    expect(fit(paper, 'b', 'Northwind', 62)).toBe('Northwi…');
  });
});

describe('the fill handle', () => {
  const source = { row: 2, column: 1, rows: 2, columns: 3 };

  test('fills below or above, never the source itself', () => {
    expect(fillTarget(source, 6, 100)).toEqual({ row: 4, column: 1, rows: 3, columns: 3 });
    expect(fillTarget(source, 0, 100)).toEqual({ row: 0, column: 1, rows: 2, columns: 3 });
    expect(fillTarget(source, 3, 100)).toBeNull();
  });

  test('stops at the ends of the table', () => {
    expect(fillTarget(source, 500, 10)).toMatchObject({ row: 4, rows: 6 });
    expect(fillTarget(source, -7, 10)).toMatchObject({ row: 0, rows: 2 });
  });
});

describe('headers', () => {
  test('in sight are drawn anew, pinned ones too, and only those', () => {
    const updateCells = vi.fn();
    const props = { columns: Array.from({ length: 9 }), pinned: 2, rows: 5 } as unknown as ViewProps;
    const seen: Seen = { top: 0, x: 4, width: 2, y: 0, height: 5, passing: false, at: 0 };
    const handle = createHandle({ current: null }, { current: { updateCells } as never }, { current: props }, { current: seen });
    handle.repaintHeaders();
    expect(updateCells.mock.calls).toEqual([[[0, 1, 4, 5, 6].map(column => ({ cell: [column, -1] }))]]);
  });
});

describe('distributions', () => {
  test('are asked for by each of two grids on a page', async () => {
    const [one, two] = [new TableSession(10), new TableSession(10)];
    const asked = [one, two].map(session => vi.spyOn(session, 'profile'));
    const events = [one, two].map(session =>
      createEvents(
        new Control(session, null),
        () => null,
        () => null
      )
    );
    events.forEach(each => each.visible([0, 5], [0, 2]));
    await pause(200);
    asked.forEach(spy => expect(spy).toHaveBeenCalledTimes(1));
  });
});

const WHEN: Column = { id: 9, name: 'when', kind: 'timestamp', dtype: 'datetime64[s]' };

describe('timestamps', () => {
  function dated(texts: (string | null)[]) {
    const session = new TableSession(texts.length, [WHEN]);
    let damage: (rows?: [number, number]) => void = () => undefined;
    vi.spyOn(session, 'cell').mockImplementation(row => ({ value: texts[row] ?? null, state: 'stored' }));
    vi.spyOn(session, 'onDamage').mockImplementation(listener => {
      damage = listener;
      return () => undefined;
    });
    const changed = vi.fn();
    return {
      dates: new Dates(session, () => [0, texts.length], changed),
      changed,
      damage: (rows?: [number, number]) => damage(rows)
    };
  }

  test('all at midnight are drawn as days, what is missing notwithstanding', () => {
    const { dates, changed } = dated(['2027-01-01T00:00:00', null, '2027-01-02T00:00:00.000']);
    expect(dates.isDay(WHEN, '2027-01-01T00:00:00')).toBe(true);
    expect(changed).not.toHaveBeenCalled();
    expect(dayText('2027-01-01 00:00:00')).toBe('2027-01-01');
    expect(dayText('2027-01-01 00:00:01')).toBe('2027-01-01 00:00:01');
  });

  test('show their time in every cell from the first that has one', () => {
    const texts = ['2027-01-01T00:00:00', '2027-01-02T00:00:00'];
    const { dates, changed, damage } = dated(texts);
    texts[1] = '2027-01-02T08:30:00';
    damage([1, 2]);
    expect(dates.isDay(WHEN, '2027-01-01T00:00:00')).toBe(false);
    expect(changed).toHaveBeenCalledTimes(1);
    texts[1] = '2027-01-02T00:00:00';
    damage();
    expect(dates.isDay(WHEN, '2027-01-01T00:00:00')).toBe(false);
  });

  test('with a zone, and days of a column that became another type, are left as they are', () => {
    const { dates } = dated(['2027-01-01T00:00:00']);
    expect(dates.isDay({ ...WHEN, zone: 'UTC' }, '2027-01-01T00:00:00Z')).toBe(false);
    expect(dates.isDay({ ...WHEN, kind: 'text' }, '2027-01-01T00:00:00')).toBe(false);
  });
});

describe('the height', () => {
  const frame = () => document.createElement('div');

  test('of a whole small table grows with it, as far as that of any other', () => {
    const [el, session] = [frame(), new TableSession(4)];
    keepHeight(el, session, heightOf(4));
    session.set({ total: 6, rows: 6 });
    expect(el.style.height).toBe(`${heightOf(6)}px`);
    session.set({ total: 5, rows: 5 });
    expect(el.style.height).toBe(`${heightOf(6)}px`);
    session.set({ total: 600, rows: 600 });
    expect(el.style.height).toBe(`${HEIGHT}px`);
  });

  test('that was asked for stays', () => {
    const [el, session] = [frame(), new TableSession(50)];
    keepHeight(el, session, 260);
    session.set({ total: 51, rows: 51 });
    expect(el.style.height).toBe('260px');
    keepHeight(el, session, 0);
    expect(el.style.height).toBe(`${HEIGHT}px`);
  });
});

describe('first widths', () => {
  const measuring = () => {
    const session = new TableSession(10);
    const control = new Control(session, null);
    const measure = vi.fn((column: Column) => 100 + column.id);
    const stage = { view: () => null, focus: () => undefined, measure };
    return { session, control, measure, stage };
  };

  test('come from the first cells, once', () => {
    const { session, control, measure, stage } = measuring();
    expect(control.state.fitted).toBe(false);
    control.attach(stage);
    session.set({ version: 1 });
    expect(control.state.fitted).toBe(true);
    expect(control.state.layout.widths.get(1)).toBe(101);
    session.set({ version: 2 });
    expect(measure).toHaveBeenCalledTimes(COLUMNS.length);
  });

  test("give way to the user's", () => {
    const { session, control, stage } = measuring();
    control.resize(1, 333);
    control.attach(stage);
    session.set({ version: 1 });
    expect(control.state.layout.widths.get(1)).toBe(333);
    expect(control.state.layout.widths.get(2)).toBe(102);
  });

  test('wait until there is a way to measure', () => {
    const { session, control, stage } = measuring();
    control.attach({ ...stage, measure: () => null });
    session.set({ version: 1 });
    expect(control.state.fitted).toBe(false);
  });
});

describe('keys in the bars', () => {
  test('find, go to and undo work there; a text field keeps its own undo', async () => {
    const { el, session } = await mount();
    const undo = vi.spyOn(session, 'undo');
    const button = el.querySelector<HTMLElement>('.tw-Toolbar [aria-label="History"]')!;
    act(() => button.focus());
    press('z', { ctrlKey: true });
    expect(undo).toHaveBeenCalledTimes(1);
    const search = el.querySelector<HTMLElement>('.tw-Search-input')!;
    act(() => search.focus());
    expect(press('z', { ctrlKey: true })).toBe(true);
    expect(undo).toHaveBeenCalledTimes(1);
    expect(press('f', { ctrlKey: true })).toBe(false);
    expect(el.querySelector('.tw-FindBar')).not.toBeNull();
    act(() => button.focus());
    press('g', { ctrlKey: true });
    expect(document.querySelector('[aria-label="Go to"], .tw-Goto, [role=dialog]')).not.toBeNull();
  });
});
