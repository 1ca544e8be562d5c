// The OpenAPI document as nodes of a page: its prose, its types, and JSON in colours.

/** The document, once it is here. */
export const api = {};

/** An element with attributes, listeners (`onclick`) and children. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) {
      element.addEventListener(name.slice(2), value);
    } else if (value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : value);
    }
  }
  element.append(...children.flat().filter(child => child !== undefined && child !== ''));
  return element;
}

export function resolve(schema) {
  const name = schema.$ref?.split('/').pop();
  if (!name) {
    return schema;
  }
  return schema.$ref.includes('/responses/') ? api.components.responses[name] : api.components.schemas[name];
}

/** Text with `code` in backquotes, as nodes. */
export function prose(text = '') {
  return text.split('\n\n').map(part =>
    make(
      'p',
      {},
      part.split(/(`[^`]*`)/).map(piece => (piece.startsWith('`') ? make('code', {}, piece.slice(1, -1)) : piece))
    )
  );
}

/** A schema in a few words: `integer ≥ 0`, `"a" | "b"`, `[Row]`. */
export function brief(schema) {
  if (schema.$ref) {
    return schema.$ref.split('/').pop();
  }
  if (schema.enum) {
    return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  }
  const options = schema.anyOf ?? schema.oneOf;
  if (options) {
    return options.map(brief).join(' | ');
  }
  if (schema.type === 'array') {
    return `[${brief(schema.items ?? {})}]`;
  }
  if (schema.type === 'object' && schema.additionalProperties) {
    return `{name: ${brief(schema.additionalProperties)}}`;
  }
  const bounds = [schema.minimum !== undefined && `≥ ${schema.minimum}`, schema.maximum < 1e9 && `≤ ${schema.maximum}`];
  return [schema.type ?? (schema.const !== undefined ? JSON.stringify(schema.const) : 'any'), ...bounds]
    .filter(Boolean)
    .join(' ');
}

/** The fields of a schema, each with its own below it when it is opened. */
export function outline(schema, seen = []) {
  const found = resolve(schema);
  const name = schema.$ref?.split('/').pop();
  if (seen.includes(name)) {
    return [];
  }
  const below = [...seen, name];
  const fields = Object.entries(found.properties ?? {}).map(([field, kind]) => {
    const inner = [kind, ...(kind.anyOf ?? []), kind.items, ...(kind.items?.anyOf ?? []), kind.additionalProperties];
    const parts = inner.filter(each => each?.$ref).flatMap(each => outline(each, below));
    const required = found.required?.includes(field);
    const title = [make('b', {}, field), required ? make('i', { title: 'needed' }, '*') : '', ' ', make('code', {}, brief(kind))];
    const head = [...title, kind.description ? make('small', {}, kind.description) : ''];
    return parts.length ? make('details', {}, make('summary', {}, head), parts) : make('div', { class: 'tw-Ref-field' }, head);
  });
  const options = (found.anyOf ?? []).filter(each => each.$ref).flatMap(each => outline(each, below));
  const about =
    name && found.description ? make('div', { class: 'tw-Ref-about' }, make('b', {}, name), prose(found.description)) : '';
  return [about, ...fields, ...options].filter(Boolean);
}

/** JSON with its kinds in colours. */
export function coloured(text) {
  const token = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(token)) {
    const kind = match[2] ? 'key' : match[1] ? 'text' : match[3] ? 'word' : 'number';
    nodes.push(text.slice(end, match.index), make('span', { class: `tw-Ref-${kind}` }, match[1] ?? match[0]), match[2] ?? '');
    end = match.index + match[0].length;
  }
  return [...nodes, text.slice(end)];
}
