/**
 * A window's Arrow stream to columns of values, exact for every kind.
 *
 * The Arrow library is used for the layout of buffers only. Its own value access rounds timestamps to float milliseconds and
 * drops a leading U+FEFF from text, so values are read from the buffers here.
 */
import { tableFromIPC, Type, type Batch, type DataType, type Column as ArrowColumn } from '@uwdata/flechette';
import { isoDate, isoTime, isoTimestamp, nanoseconds, type Unit } from './calendar';
import { integer, type Value } from './values';

/** Rows of a view: their ids, and the values of some columns by column id. */
export interface Rows {
  rids: number[];
  columns: Map<number, Value[]>;
  /** What is said of the rows themselves, by name without the leading underscore. */
  marks?: Map<string, Value[]>;
}

type Ints = ArrayLike<number | bigint>;
type Reader = (index: number) => Value;

const UNITS: readonly Unit[] = ['s', 'ms', 'us', 'ns'];
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function unit(type: DataType): Unit {
  const found = 'unit' in type ? UNITS[type.unit] : undefined;
  if (!found) {
    throw new Error(`Arrow type ${type.typeId} has no unit of time.`);
  }
  return found;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(text);
}

/** The bytes of each item of a text or binary column. */
function slices(batch: Batch<unknown>): (index: number) => Uint8Array {
  const { typeId } = batch.type;
  if (typeId === Type.Utf8View || typeId === Type.BinaryView || typeId === Type.FixedSizeBinary) {
    return index => batch.value(index) as Uint8Array;
  }
  const values = batch.values as unknown as Uint8Array;
  const offsets = batch.offsets as Ints;
  return index => values.subarray(Number(offsets[index]), Number(offsets[index + 1]));
}

function decimals(batch: Batch<unknown>, scale: number): Reader {
  return index => {
    const unscaled = BigInt(batch.value(index) as bigint | number);
    const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(Math.max(scale, 0) + 1, '0');
    const sign = unscaled < 0n ? '-' : '';
    if (scale <= 0) {
      return sign + (unscaled === 0n ? digits : digits + '0'.repeat(-scale));
    }
    return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  };
}

/** Reads the present values of a batch; what is missing is decided by the caller. */
function reader(batch: Batch<unknown>): Reader {
  const { type } = batch;
  const ints = batch.values as unknown as Ints;
  const at = (index: number): bigint => BigInt(ints[index] ?? 0);
  switch (type.typeId) {
    case Type.Null:
      return () => null;
    case Type.Bool:
    case Type.Float:
      return index => batch.value(index) as boolean | number;
    case Type.Int:
      return type.bitWidth === 64 ? index => integer(at(index)) : index => Number(ints[index]);
    case Type.Decimal:
      return decimals(batch, type.scale);
    case Type.Date:
      return type.unit === 0 ? index => isoDate(Number(ints[index])) : index => isoTimestamp(at(index), 'ms').slice(0, -9);
    case Type.Time:
      return index => isoTime(at(index), unit(type));
    case Type.Timestamp: {
      const tail = type.timezone ? 'Z' : '';
      return index => isoTimestamp(at(index), unit(type)) + tail;
    }
    case Type.Duration:
      return index => nanoseconds(at(index), unit(type)).toString();
    case Type.Utf8:
    case Type.LargeUtf8: {
      const slice = slices(batch);
      return index => decoder.decode(slice(index));
    }
    case Type.Utf8View:
      return index => batch.value(index) as string;
    case Type.Binary:
    case Type.LargeBinary:
    case Type.BinaryView:
    case Type.FixedSizeBinary: {
      const slice = slices(batch);
      return index => base64(slice(index));
    }
    case Type.Dictionary: {
      const labels = readColumn((batch as Batch<unknown> & { dictionary: ArrowColumn<unknown> }).dictionary);
      return index => labels[Number(ints[index])] ?? null;
    }
    default:
      return index => JSON.stringify(tag(batch, index));
  }
}

type Tagged = null | boolean | number | string | Tagged[] | { [tag: string]: Tagged };

const TAGS = new Map<number, string>([
  [Type.Decimal, '$decimal'],
  [Type.Date, '$date'],
  [Type.Time, '$time'],
  [Type.Timestamp, '$timestamp'],
  [Type.Duration, '$duration'],
  [Type.Binary, '$bytes'],
  [Type.LargeBinary, '$bytes'],
  [Type.BinaryView, '$bytes'],
  [Type.FixedSizeBinary, '$bytes']
]);

function child(batch: Batch<unknown>, position: number): Batch<unknown> {
  const found = batch.children[position];
  if (!found) {
    throw new Error(`Arrow type ${batch.type.typeId} lacks its child ${position}.`);
  }
  return found;
}

function items(batch: Batch<unknown>, index: number): [start: number, stop: number] {
  if (batch.type.typeId === Type.FixedSizeList) {
    return [index * batch.type.stride, (index + 1) * batch.type.stride];
  }
  const offsets = batch.offsets as Ints;
  const start = Number(offsets[index]);
  if (batch.type.typeId === Type.ListView || batch.type.typeId === Type.LargeListView) {
    return [start, start + Number((batch.sizes as Ints)[index])];
  }
  return [start, Number(offsets[index + 1])];
}

/** One item of a nested column in the tagged form. */
function tag(batch: Batch<unknown>, index: number): Tagged {
  if (!isPresent(batch, index)) {
    return null;
  }
  const { type } = batch;
  switch (type.typeId) {
    case Type.List:
    case Type.LargeList:
    case Type.FixedSizeList:
    case Type.ListView:
    case Type.LargeListView: {
      const [start, stop] = items(batch, index);
      return Array.from({ length: stop - start }, (_, i) => tag(child(batch, 0), start + i));
    }
    case Type.Map: {
      const [start, stop] = items(batch, index);
      const pairs = child(batch, 0);
      return { $dict: Array.from({ length: stop - start }, (_, i) => [0, 1].map(side => tag(child(pairs, side), start + i))) };
    }
    case Type.Struct:
      return { $dict: type.children.map((field, i) => [field.name, tag(child(batch, i), index)]) };
  }
  const value = reader(batch)(index);
  if (typeof value === 'bigint') {
    return { $int: value.toString() };
  }
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
    return { $float: Object.is(value, -0) ? '-0' : String(value) };
  }
  const name = TAGS.get(type.typeId);
  return name && value !== null ? { [name]: value } : value;
}

function isPresent(batch: Batch<unknown>, index: number): boolean {
  return !batch.nullCount || !batch.validity?.length || batch.isValid(index);
}

function readColumn(column: ArrowColumn<unknown>): Value[] {
  const values: Value[] = [];
  for (const batch of column.data) {
    const read = reader(batch);
    for (let index = 0; index < batch.length; index++) {
      values.push(isPresent(batch, index) ? read(index) : null);
    }
  }
  return values;
}

/** Decodes a window's Arrow stream: `_rid`, then columns named by their id. */
export function decodeRows(stream: Uint8Array): Rows {
  // A view at an odd offset cannot be read as 64-bit numbers; a message's buffers may start anywhere.
  const aligned = stream.byteOffset % 8 ? stream.slice() : stream;
  const table = tableFromIPC(aligned, { useBigInt: true, useDecimalInt: true });
  const columns = new Map<number, Value[]>();
  const marks = new Map<string, Value[]>();
  let rids: number[] = [];
  table.schema.fields.forEach((field, position) => {
    const values = readColumn(table.getChildAt(position));
    if (field.name === '_rid') {
      rids = values.map(Number);
    } else if (field.name.startsWith('_')) {
      marks.set(field.name.slice(1), values);
    } else {
      columns.set(Number(field.name), values);
    }
  });
  return marks.size ? { rids, columns, marks } : { rids, columns };
}
