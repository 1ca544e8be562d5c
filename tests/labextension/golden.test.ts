import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeRows } from '../../labextension/src/arrow';
import type { Column, Scalar } from '../../labextension/src/protocol';
import { decodeFrame } from '../../labextension/src/transport/wire';
import { editText, fromJson, toJson } from '../../labextension/src/values';

const FOLDER = join(import.meta.dirname, '../protocol/golden');

interface Golden {
  message: object;
  columns: Column[];
  rids: number[];
  cells: Scalar[][];
  texts: string[][];
}

const cases = readdirSync(FOLDER)
  .filter(name => name.endsWith('.bin'))
  .map(name => name.slice(0, -4));

function read(name: string): { golden: Golden; frame: ArrayBuffer } {
  const bytes = readFileSync(join(FOLDER, `${name}.bin`));
  const frame = new Uint8Array(bytes).buffer;
  return { golden: JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as Golden, frame };
}

function comparable(column: Column, scalar: Scalar): unknown {
  const json = column.kind === 'nested' || column.kind === 'object';
  return json && typeof scalar === 'string' ? (JSON.parse(scalar) as unknown) : scalar;
}

describe('golden frames', () => {
  it('are there', () => {
    expect(cases.length).toBeGreaterThan(15);
  });

  it.each(cases)('%s decodes to exactly the values that were written', name => {
    const { golden, frame } = read(name);
    const { message, arrow } = decodeFrame(frame);
    expect(message).toEqual(golden.message);
    const rows = decodeRows(arrow ?? new Uint8Array());
    expect(rows.rids).toEqual(golden.rids);
    expect([...rows.columns.keys()]).toEqual(golden.columns.map(({ id }) => id));
    golden.columns.forEach((column, position) => {
      const values = rows.columns.get(column.id) ?? [];
      const scalars = values.map(value => comparable(column, toJson(column, value)));
      expect(scalars).toEqual(golden.cells[position]?.map(scalar => comparable(column, scalar)));
    });
  });

  it('decode from wherever in a buffer they stand', () => {
    const { golden, frame } = read('integer_beyond_2_53');
    const stream = decodeFrame(frame).arrow ?? new Uint8Array();
    const moved = new Uint8Array(stream.length + 3);
    moved.set(stream, 3);
    expect(decodeRows(moved.subarray(3)).rids).toEqual(golden.rids);
  });

  it.each(cases)('%s reads as the same text here and in the kernel', name => {
    const { golden, frame } = read(name);
    const rows = decodeRows(decodeFrame(frame).arrow ?? new Uint8Array());
    golden.columns.forEach((column, position) => {
      const texts = rows.columns.get(column.id)?.map(value => editText(column, value));
      expect(texts).toEqual(golden.texts[position]);
    });
  });

  it.each(cases)('%s has the same values in messages and in windows', name => {
    const { golden, frame } = read(name);
    const rows = decodeRows(decodeFrame(frame).arrow ?? new Uint8Array());
    golden.columns.forEach((column, position) => {
      if (column.kind !== 'nested' && column.kind !== 'object') {
        expect(golden.cells[position]?.map(scalar => fromJson(column, scalar))).toEqual(rows.columns.get(column.id));
      }
    });
  });
});
