/** The ways to write a total, in the words of `%tab set … by`. It must not know what is written or where. */
import type { Method, Reference } from '../protocol';

type Name = Method['by'];

/** How a method is offered: `form` as it is written, with a name in capitals for what goes into it. */
export interface MethodForm {
  name: Name;
  form: string;
  /** What it does, after "the rows". */
  says: string;
  /** It takes no number. */
  bare?: boolean;
  /** Only these are offered for texts and dates. */
  plain?: boolean;
}

export const FORMS: readonly MethodForm[] = [
  { name: 'proportional', form: 'proportional', says: 'move in proportion to their size' },
  { name: 'equal', form: 'equal', says: 'all get the same' },
  { name: 'equal_increment', form: 'equal_increment', says: 'all move by the same' },
  { name: 'ratio', form: 'ratio', says: 'keep their shares of the sum' },
  { name: 'weighted', form: 'weighted(COLUMN)', says: 'follow the proportions of a column' },
  { name: 'weighted_increment', form: 'weighted_increment(COLUMN)', says: 'share the difference by a column' },
  { name: 'repeat', form: 'repeat', says: 'all become this', plain: true },
  { name: 'add', form: 'add', says: 'grow by this in all: +=5' },
  { name: 'subtract', form: 'subtract', says: 'shrink by this in all: -=5' },
  { name: 'percent', form: 'percent', says: 'grow by so many percent: 10%, *1.1' },
  { name: 'relative_percent', form: 'relative_percent(COLUMN)', says: 'become so many percent more than a column' },
  { name: 'copy', form: 'copy(COLUMN)', says: 'become what a column says', bare: true },
  { name: 'move', form: 'move(TO)', says: 'give this much to another place' },
  { name: 'straight_line', form: 'straight_line(ALONG,LAST)', says: 'run evenly from this to a last total' },
  { name: 'growth', form: 'growth(ALONG,PERCENT)', says: 'begin with this and grow step by step' },
  { name: 'zero', form: 'zero', says: 'become 0', bare: true },
  { name: 'clear', form: 'clear', says: 'become missing', bare: true, plain: true }
];

const PLAIN: Partial<Record<string, Method>> = {
  proportional: { by: 'proportional' },
  ratio: { by: 'ratio' },
  equal: { by: 'equal' },
  equal_increment: { by: 'equal_increment' },
  repeat: { by: 'repeat' },
  add: { by: 'add' },
  subtract: { by: 'subtract' },
  percent: { by: 'percent' },
  clear: { by: 'clear' },
  zero: { by: 'zero' },
  'ratio(force)': { by: 'ratio', force: true },
  'equal(include_null)': { by: 'equal', include_null: true },
  'repeat(include_null)': { by: 'repeat', include_null: true },
  'add(equal)': { by: 'add', split: 'equal' },
  'subtract(equal)': { by: 'subtract', split: 'equal' }
};

/** The id of the column with a name. */
export type Lookup = (name: string) => number | undefined;

/** A method, or why there is none; `strange` where the word is not even like one. */
export type ReadMethod = { method: Method } | { error: string; hint: string; strange?: boolean };

export const isBare = (method: Method): boolean => FORMS.some(({ name, bare }) => name === method.by && bare);

/** `weighted(last_year)` as a method. */
export function readMethod(text: string, find: Lookup): ReadMethod {
  const found = /^\s*([A-Za-z_][\w -]*?)\s*(?:\((.*)\))?\s*$/s.exec(text);
  const name = (found?.[1] ?? '').toLowerCase().replace(/[ -]/g, '_');
  const inner = (found?.[2] ?? '').trim();
  const plain = PLAIN[inner ? `${name}(${inner})` : name];
  if (plain) {
    return { method: plain };
  }
  const form = FORMS.find(each => each.name === name);
  if (!form) {
    const near = FORMS.filter(each => name.length > 1 && each.name.startsWith(name.slice(0, 3))).map(each => each.form);
    return {
      error: `There is no method “${text.trim()}”.`,
      hint: `There are ${(near.length ? near : FORMS.map(each => each.form)).join(', ')}.`,
      strange: near.length === 0
    };
  }
  const parts = inner.split(',').map(part => part.trim());
  switch (form.name) {
    case 'weighted':
    case 'weighted_increment':
    case 'relative_percent':
    case 'copy': {
      const ref = inner ? readReference(inner, find) : null;
      return ref ? { method: { by: form.name, ref } } : misread(form, inner);
    }
    case 'move':
      return inner ? { method: { by: 'move', to: { path: inner.split(' > ').map(part => part.trim()) } } } : misread(form, '');
    case 'straight_line':
    case 'growth': {
      const along = find(unquoted(parts[0] ?? ''));
      const [, last = ''] = parts;
      if (parts.length !== 2 || along === undefined) {
        return misread(form, inner && along === undefined ? (parts[0] ?? '') : '');
      }
      return form.name === 'growth'
        ? { method: { by: 'growth', along, percent: last.replace(/%$/, '').trim() } }
        : { method: { by: 'straight_line', along, last } };
    }
  }
  return misread(form, '');
}

function misread(form: MethodForm, column: string): { error: string; hint: string } {
  return column
    ? { error: `There is no column “${column}”.`, hint: `Write ${form.form}.` }
    : { error: `${form.name} needs more.`, hint: `Write ${form.form}.` };
}

/** `column`, `@12` or `column@12`. */
function readReference(text: string, find: Lookup): Reference | null {
  const found = /^(.*?)(?:@\s*(\d+))?$/s.exec(text);
  const name = unquoted((found?.[1] ?? '').trim());
  const rev = found?.[2] === undefined ? null : Number(found[2]);
  const column = name ? find(name) : undefined;
  if (name ? column === undefined : rev === null) {
    return null;
  }
  return { ...(column === undefined ? {} : { column }), ...(rev === null ? {} : { rev }) };
}

function unquoted(text: string): string {
  return /^".*"$/s.test(text) && text.length > 1 ? text.slice(1, -1).replace(/""/g, '"') : text;
}
