import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Client } from '../../labextension/src/session/client';
import { nameRows } from '../../labextension/src/session/naming';
import { FakeTable, settle } from './table';

const here = (row: number) => (row < 5_000 ? 100 + row : undefined);

describe('naming rows', () => {
  it('puts the ids of the rows in sight in the place of their places', () => {
    expect(
      nameRows(
        {
          kind: 'delete_rows',
          rows: {
            ranges: [
              [0, 2],
              [1, 3]
            ]
          }
        },
        here
      )
    ).toEqual({
      kind: 'delete_rows',
      rows: { ids: [100, 101, 102] }
    });
    expect(nameRows({ kind: 'insert_rows', copy_of: { ranges: [[4, 5]] }, before: 7 }, here)).toEqual({
      kind: 'insert_rows',
      copy_of: { ids: [104] },
      before: 7
    });
    const block = { columns: [1], values: [['x', 'y']] };
    expect(nameRows({ kind: 'set_cells', blocks: [{ ...block, start: 1, stop: 3 }] }, here)).toEqual({
      kind: 'set_cells',
      blocks: [{ ...block, rows: [101, 102] }]
    });
  });

  it('leaves an operation alone that already names ids', () => {
    const op = { kind: 'set_cells' as const, blocks: [{ columns: [1], values: [['x']], rows: [9] }] };
    expect(nameRows(op, () => undefined)).toEqual(op);
    expect(nameRows({ kind: 'undo' }, here)).toEqual({ kind: 'undo' });
  });

  it('leaves the whole operation alone when a row is not here or there are too many', () => {
    const far = {
      kind: 'delete_rows' as const,
      rows: {
        ranges: [
          [0, 1],
          [5_000, 5_001]
        ] as [number, number][]
      }
    };
    expect(nameRows(far, here)).toEqual(far);
    const many = { kind: 'delete_rows' as const, rows: { ranges: [[0, 2_001]] as [number, number][] } };
    expect(nameRows(many, here)).toEqual(many);
    const columns = [1];
    const mixed = {
      kind: 'set_cells' as const,
      blocks: [
        { columns, values: [['x']], start: 0, stop: 1 },
        { columns, values: [['x']], start: 6_000, stop: 6_001 }
      ]
    };
    expect(nameRows(mixed, here)).toBe(mixed);
  });
});

describe('an operation sent before the rows that came are known', () => {
  let table: FakeTable;
  let session: Client;

  beforeEach(async () => {
    vi.useFakeTimers();
    table = new FakeTable(10);
    session = new Client(table.transport(), 'frame/k/1');
    await settle();
  });

  afterEach(() => {
    session.dispose();
    vi.useRealTimers();
  });

  it('deletes the row that the user saw', async () => {
    const seen = session.rid(3);
    table.hold.add('patch');
    void session.apply({ kind: 'insert_rows', count: 1, before: session.rid(0)! });
    void session.apply({ kind: 'delete_rows', rows: { ranges: [[3, 4]] } });
    await settle();
    expect(table.sent('op').map(({ op }) => op)).toMatchObject([
      { kind: 'insert_rows' },
      { kind: 'delete_rows', rows: { ids: [seen] } }
    ]);
  });

  it('does not claim to know an order of rows that only its acknowledgement told of', async () => {
    table.hold.add('patch');
    await session.apply({ kind: 'set_cells', blocks: [{ columns: [1], values: [['x']], rows: [session.rid(0)!] }] });
    void session.apply({ kind: 'fill', columns: [1], start: 0, stop: 1, target_start: 1, target_stop: 2 });
    const [first, second] = table.sent('op');
    expect(session.state.rev).toBeGreaterThan(first!.base_rev);
    expect(second!.base_rev).toBe(first!.base_rev);
  });
});
