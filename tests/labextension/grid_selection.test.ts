import { describe, expect, test } from 'vitest';
import { command, type Key } from '../../labextension/src/grid/input/keyboard';
import { all, at, cycle, extend, head, move, named, placed, whole } from '../../labextension/src/grid/selection';
import { align, seek } from '../../labextension/src/grid/glide/scroll';

const SHAPE = { rows: 10, columns: 4 };
const key = (name: string, more: Partial<Key> = {}): Key => ({
  key: name,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  isComposing: false,
  ...more
});

describe('selections', () => {
  test('the cursor stops at the edges', () => {
    expect(move(at({ row: 0, column: 0 }, SHAPE), -1, -1, SHAPE).cursor).toEqual({ row: 0, column: 0 });
    expect(move(at({ row: 8, column: 3 }, SHAPE), 100, 1, SHAPE).cursor).toEqual({ row: 9, column: 3 });
  });

  test('extending grows away from the cursor and shrinks back over it', () => {
    const start = at({ row: 5, column: 1 }, SHAPE);
    const down = extend(extend(start, 1, 0, SHAPE), 1, 2, SHAPE);
    expect(down.blocks).toEqual([{ row: 5, column: 1, rows: 3, columns: 3 }]);
    const up = extend(extend(down, -2, 0, SHAPE), -1, 0, SHAPE);
    expect(up.blocks).toEqual([{ row: 4, column: 1, rows: 2, columns: 3 }]);
    expect(up.cursor).toEqual({ row: 5, column: 1 });
    expect(head(up)).toEqual({ row: 4, column: 3 });
  });

  test('Enter and Tab go round inside the selected block', () => {
    const block = { cursor: { row: 1, column: 1 }, blocks: [{ row: 0, column: 0, rows: 2, columns: 2 }] };
    expect(cycle(block, 1, 'rows').cursor).toEqual({ row: 0, column: 0 });
    expect(cycle(block, -1, 'columns').cursor).toEqual({ row: 1, column: 0 });
  });

  test('whole rows, whole columns, everything', () => {
    const one = at({ row: 3, column: 2 }, SHAPE);
    expect(whole(one, 'rows', SHAPE).blocks).toEqual([{ row: 3, column: 0, rows: 1, columns: 4 }]);
    expect(whole(one, 'columns', SHAPE).blocks).toEqual([{ row: 0, column: 2, rows: 10, columns: 1 }]);
    expect(all(one, SHAPE)).toEqual({ cursor: { row: 3, column: 2 }, blocks: [{ row: 0, column: 0, rows: 10, columns: 4 }] });
  });

  test('an empty table has nothing to select', () => {
    expect(at({ row: 0, column: 0 }, { rows: 0, columns: 3 })).toEqual({ cursor: null, blocks: [] });
  });

  test('ids keep a selection through a change of column order; runs of neighbours are one block', () => {
    const selection = named({ cursor: { row: 1, column: 0 }, blocks: [{ row: 1, column: 0, rows: 2, columns: 3 }] }, [7, 8, 9]);
    expect(selection).toEqual({ cursor: { row: 1, column: 7 }, ranges: [{ start: 1, stop: 3, columns: [7, 8, 9] }] });
    expect(placed(selection, [9, 1, 7, 8], 10)).toEqual({
      cursor: { row: 1, column: 2 },
      blocks: [
        { row: 1, column: 0, rows: 2, columns: 1 },
        { row: 1, column: 2, rows: 2, columns: 2 }
      ]
    });
  });

  test('rows that are gone fall out of the selection', () => {
    const selection = { cursor: { row: 9, column: 7 }, ranges: [{ start: 4, stop: 10, columns: [7] }] };
    expect(placed(selection, [7], 6)).toEqual({ cursor: null, blocks: [{ row: 4, column: 0, rows: 2, columns: 1 }] });
  });
});

describe('keys', () => {
  test.each<[string, Key, unknown]>([
    ['an arrow moves', key('ArrowDown'), { do: 'move', rows: 1, columns: 0 }],
    ['Shift extends', key('ArrowLeft', { shiftKey: true }), { do: 'extend', rows: 0, columns: -1 }],
    ['Ctrl goes to the edge', key('ArrowUp', { ctrlKey: true }), { do: 'edge', row: 'first' }],
    ['Ctrl+Shift extends to it', key('ArrowRight', { ctrlKey: true, shiftKey: true }), { do: 'extendEdge', column: 'last' }],
    ['Ctrl+End is the last cell', key('End', { ctrlKey: true }), { do: 'edge', row: 'last', column: 'last' }],
    ['Ctrl+D fills down', key('d', { ctrlKey: true }), { do: 'fillDown' }],
    ['Ctrl+Shift+Z redoes', key('Z', { ctrlKey: true, shiftKey: true }), { do: 'redo' }],
    ['Alt+Down opens the column', key('ArrowDown', { altKey: true }), { do: 'columnMenu' }],
    ['Shift+F10 opens the cell menu', key('F10', { shiftKey: true }), { do: 'cellMenu' }],
    ['a letter is typed', key('ß'), { do: 'native' }],
    ['AltGr types too', key('@', { ctrlKey: true, altKey: true }), { do: 'native' }],
    ['an input method has its keys', key('Process'), { do: 'native' }],
    ['a function key means nothing', key('F5'), null]
  ])('%s', (_, pressed, wanted) => {
    expect(command(pressed, false)).toEqual(wanted);
  });

  test('on a Mac, Cmd takes the place of Ctrl', () => {
    expect(command(key('z', { metaKey: true }), true)).toEqual({ do: 'undo' });
    expect(command(key('z', { metaKey: true }), false)).toBeNull();
  });
});

describe('scrolling beyond what a browser can', () => {
  const HEIGHT = 33_554_400;

  /** Glide's scroller: one pixel for one in short steps, in proportion in long ones and at both ends. */
  function scroller(content: number) {
    const element = document.createElement('div');
    Object.defineProperties(element, { scrollHeight: { value: Math.min(content, HEIGHT) }, clientHeight: { value: 400 } });
    let position = 0;
    let last = 0;
    element.addEventListener('scroll', () => {
      const way = element.scrollHeight - 400;
      const top = Math.max(0, Math.min(element.scrollTop, way));
      const delta = top - last;
      last = top;
      const scaled = content > element.scrollHeight + 5;
      const jump = Math.abs(delta) > 2000 || top === 0 || top === way;
      position = !scaled ? top : jump ? (top / way) * (content - 400) : position + delta;
      position = Math.max(0, Math.min(position, content - 400));
    });
    return {
      go: (target: number) => seek({ element, content, position }, target),
      mend: () => align({ element, content, position }),
      drag: (top: number) => {
        element.scrollTop = top;
        element.dispatchEvent(new Event('scroll'));
      },
      where: () => position,
      bar: () => element.scrollTop
    };
  }

  test('any position is reached to the pixel', () => {
    const content = 280_000_062;
    const track = scroller(content);
    for (const target of [140_000_000, 140_001_500, 139_990_000, 28, 5000, 39_000, 90_000, content - 500, content - 20_000, 0]) {
      track.go(target);
      expect(Math.abs(track.where() - target)).toBeLessThanOrEqual(1);
    }
  });

  test('near the top the bar has as far to go as the rows', () => {
    const track = scroller(280_000_062);
    track.go(8_000);
    expect(track.bar()).toBe(8_000);
  });

  test('where the bar was dragged near an end, it is put right before the wheel turns, and the rows stay', () => {
    const track = scroller(280_000_062);
    track.drag(4_000);
    const before = track.where();
    expect(track.mend()).toBe(true);
    expect(track.bar()).toBe(Math.round(before));
    expect(track.where()).toBeCloseTo(before, 0);
    expect(track.mend()).toBe(false);
    track.drag(HEIGHT - 400 - 3_000);
    const low = track.where();
    expect(track.mend()).toBe(true);
    expect(track.where()).toBeCloseTo(low, 0);
  });

  test('a table that fits is scrolled directly', () => {
    const track = scroller(30_000);
    track.go(12_345);
    expect(track.bar()).toBe(12_345);
  });
});
