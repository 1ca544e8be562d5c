// The interactive reference: shows the OpenAPI document and sends what is filled in. Nothing from outside this server.
import { api, brief, coloured, make, outline, prose, resolve } from './schema.js';

const { base, xsrf } = document.documentElement.dataset;
const EVENTS = 'text/event-stream';
const JSON_TYPE = 'application/json';
const FORM = 'multipart/form-data';
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const PLACEHOLDERS = { filter: '{"is": "range", "column": "price", "lo": 5}', sort: 'price,-qty', columns: 'item,qty' };
const STATES = {};

const operations = [];
let running;

function input(parameter, state) {
  const kind = resolve(parameter.schema);
  const name = parameter.name;
  const keep = event => {
    state[name] = event.target.value;
    state.changed?.();
  };
  const attributes = { id: `in-${name}`, oninput: keep, value: state[name], required: parameter.required };
  const options = kind.enum ?? (kind.type === 'boolean' ? ['true', 'false'] : undefined);
  if (options) {
    const choices = ['', ...options].map(each => make('option', { selected: state[name] === each, value: each }, each));
    return make('select', attributes, choices);
  }
  const list = name === 'name' && parameter.in === 'path' ? 'tables' : undefined;
  const placeholder = PLACEHOLDERS[name] ?? (kind.default !== undefined && kind.default !== '' ? String(kind.default) : '');
  return make('input', { ...attributes, list, placeholder, autocomplete: 'off', spellcheck: 'false' });
}

function rows(parameters, state) {
  return parameters.map(each =>
    make(
      'div',
      { class: 'tw-Ref-row' },
      make('label', { for: `in-${each.name}` }, each.name, each.required ? make('i', { title: 'needed' }, '*') : ''),
      input(each, state),
      make('small', {}, make('code', {}, brief(resolve(each.schema))), each.description ? ` ${each.description}` : '')
    )
  );
}

/** What a filled-in form comes to: an address and the arguments of `fetch`. */
function request(operation, state) {
  const told = operation.told;
  const part = name => encodeURIComponent(state[name] ?? '');
  const query = new URLSearchParams();
  for (const each of told.parameters ?? []) {
    if (each.in === 'query' && (state[each.name] ?? '') !== '') {
      query.set(each.name, state[each.name]);
    }
  }
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => part(name)).replace('/tabweave/api/v1', base);
  const headers = { 'X-XSRFToken': xsrf };
  let body;
  if (told.requestBody) {
    if (state.media === FORM) {
      body = new FormData();
      for (const [name, value] of Object.entries(state.fields ?? {})) {
        if (value !== '') {
          body.append(name, value);
        }
      }
      body.append('file', state.file ?? new Blob([]), state.file?.name ?? '');
    } else if (state.media === JSON_TYPE) {
      body = state.body ?? '';
      headers['Content-Type'] = JSON_TYPE;
    } else {
      body = state.file ?? '';
      headers['Content-Type'] = state.media;
    }
  }
  const search = query.toString();
  return { address: path + (search ? `?${search}` : ''), options: { method: operation.method.toUpperCase(), headers, body } };
}

function curl(operation, state) {
  const { address, options } = request(operation, state);
  const quoted = text => `'${text.replaceAll("'", "'\\''")}'`;
  const parts = [`curl -H "Authorization: token $TOKEN"`];
  if (state.media === FORM) {
    const fields = Object.entries(state.fields ?? {}).filter(([, value]) => value !== '');
    parts.push(...fields.map(([name, value]) => `-F ${quoted(`${name}=${value}`)}`), `-F file=@${state.file?.name ?? 'FILE'}`);
  } else if (typeof options.body === 'string' && state.media === JSON_TYPE) {
    parts.push(`--json ${quoted(options.body)}`);
  } else if (options.body !== undefined) {
    parts.push(`-T ${quoted(state.file?.name ?? 'FILE')}`);
  }
  const usual = options.body === undefined ? 'GET' : state.media === JSON_TYPE || state.media === FORM ? 'POST' : 'PUT';
  if (options.method !== usual) {
    parts.push(`-X ${options.method}`);
  }
  return `${parts.join(' \\\n  ')} \\\n  ${quoted(location.origin + address)}`;
}

async function send(operation, state, shown) {
  running?.abort();
  running = new AbortController();
  const { address, options } = request(operation, state);
  const begun = performance.now();
  shown.replaceChildren(make('p', { class: 'tw-Ref-waiting', role: 'status' }, 'Waiting…'));
  try {
    const answer = await fetch(address, { ...options, signal: running.signal });
    const media = (answer.headers.get('Content-Type') ?? '').split(';')[0];
    if (media === EVENTS) {
      await stream(answer, shown);
      return;
    }
    const content = await answer.blob();
    const took = `${Math.round(performance.now() - begun)} ms`;
    const badge = make(
      'b',
      { class: `tw-Ref-status tw-mod-${Math.floor(answer.status / 100)}` },
      `${answer.status} ${answer.statusText}`
    );
    const line = make(
      'p',
      { role: 'status' },
      badge,
      ` ${took} · ${content.size.toLocaleString()} bytes · ${media || 'no content'}`
    );
    const headers = ['ETag', 'X-Tabweave-Rev', 'Location', 'Retry-After'].filter(name => answer.headers.has(name));
    const told = headers.map(name => make('div', {}, make('code', {}, `${name}: ${answer.headers.get(name)}`)));
    shown.replaceChildren(line, ...told, await view(content, media));
    if (answer.ok && options.method !== 'GET') {
      void listTables();
    }
  } catch (error) {
    shown.replaceChildren(
      make('p', { class: 'tw-Ref-failed', role: 'alert' }, error.name === 'AbortError' ? 'Stopped.' : String(error))
    );
  }
}

async function view(content, media) {
  if (media === JSON_TYPE) {
    const text = await content.text();
    try {
      return make(
        'pre',
        { tabindex: '0' },
        content.size < 300_000 ? coloured(JSON.stringify(JSON.parse(text), undefined, 2)) : text
      );
    } catch {
      return make('pre', { tabindex: '0' }, text);
    }
  }
  if (media.startsWith('text/')) {
    return make('pre', { tabindex: '0' }, (await content.slice(0, 200_000).text()) || ' ');
  }
  const name = media.includes('parquet') ? 'table.parquet' : 'table.arrow';
  return content.size
    ? make('a', { href: URL.createObjectURL(content), download: name, class: 'tw-Ref-button' }, `Save ${name}`)
    : '';
}

/** Shows a stream of events as they come, until it ends or is stopped. */
async function stream(answer, shown) {
  const text = make('pre', { tabindex: '0', 'aria-live': 'polite' });
  const stop = make('button', { type: 'button', class: 'tw-Ref-button', onclick: () => running.abort() }, 'Stop');
  shown.replaceChildren(
    make('p', {}, make('b', { class: 'tw-Ref-status tw-mod-2' }, `${answer.status} listening`), ' ', stop),
    text
  );
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  const signal = running.signal;
  signal.addEventListener('abort', () => void reader.cancel());
  for (;;) {
    const { value, done } = await reader.read();
    if (done) {
      text.append(signal.aborted ? '— stopped\n' : '— the stream has ended\n');
      stop.remove();
      return;
    }
    text.append(value);
    text.scrollTop = text.scrollHeight;
  }
}

function bodyForm(operation, state) {
  const content = operation.told.requestBody?.content;
  if (!content) {
    return '';
  }
  state.media ??= Object.keys(content)[0];
  const holder = make('div');
  const draw = () => {
    const file = event => {
      state.file = event.target.files[0];
      state.changed?.();
    };
    if (state.media === JSON_TYPE) {
      state.body ??= JSON.stringify(content[JSON_TYPE].example, undefined, 2);
      const keep = event => {
        state.body = event.target.value;
        state.changed?.();
      };
      const area = make('textarea', { rows: 8, spellcheck: 'false', 'aria-label': 'Body', oninput: keep });
      area.value = state.body;
      const fields = outline(content[JSON_TYPE].schema);
      holder.replaceChildren(area, make('details', { class: 'tw-Ref-schema' }, make('summary', {}, 'Fields'), fields));
    } else {
      const picker = make('input', { type: 'file', id: 'in-file', onchange: file });
      const row = make('div', { class: 'tw-Ref-row' }, make('label', { for: 'in-file' }, 'file'), picker);
      const properties = state.media === FORM ? content[FORM].schema.properties : {};
      const named = Object.entries(properties).filter(([name]) => name !== 'file');
      state.fields ??= {};
      const fields = rows(
        named.map(([name, schema]) => ({ name, schema, in: 'form' })),
        state.fields
      );
      holder.replaceChildren(row, ...fields);
    }
    state.changed?.();
  };
  const choices = Object.keys(content).map(each => make('option', { selected: each === state.media }, each));
  const choose = event => {
    state.media = event.target.value;
    draw();
  };
  draw();
  const kind = make('select', { 'aria-label': 'Media type of the body', onchange: choose }, choices);
  return make('fieldset', {}, make('legend', {}, 'Body ', kind), holder);
}

function answers(told) {
  return Object.entries(told.responses).map(([status, found]) => {
    const answer = resolve(found);
    const media = Object.entries(answer.content ?? {});
    const fields = media.filter(([kind]) => kind === JSON_TYPE).flatMap(([, each]) => outline(each.schema));
    const others = media.map(([kind]) => kind).join(', ');
    const head = [
      make('b', { class: `tw-Ref-status tw-mod-${status[0]}` }, status),
      ` ${answer.description} `,
      make('small', {}, others)
    ];
    return fields.length ? make('details', {}, make('summary', {}, head), fields) : make('div', { class: 'tw-Ref-field' }, head);
  });
}

function show(operation) {
  const { told, method, path } = operation;
  const state = (STATES[told.operationId] ??= {});
  const shown = make('div', { class: 'tw-Ref-answer' });
  const command = make('pre', { tabindex: '0' });
  const form = make('form', { class: 'tw-Ref-form' });
  const copy = async event => {
    await navigator.clipboard.writeText(command.textContent);
    event.target.textContent = 'Copied';
  };
  state.changed = () => command.replaceChildren(curl(operation, state));
  const parameters = (told.parameters ?? []).filter(each => each.in !== 'header');
  const submit = event => {
    event.preventDefault();
    void send(operation, state, shown);
  };
  form.addEventListener('submit', submit);
  form.append(...rows(parameters, state), bodyForm(operation, state));
  form.append(make('button', { class: 'tw-Ref-send', title: 'Ctrl+Enter' }, 'Send'));
  form.addEventListener('keydown', event => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      form.requestSubmit();
    }
  });
  state.changed();
  const title = make('h1', {}, make('span', { class: `tw-Ref-method tw-mod-${method}` }, method), ' ', make('code', {}, path));
  const about = [make('p', { class: 'tw-Ref-summary' }, told.summary), ...prose(told.description)];
  const button = make('button', { type: 'button', class: 'tw-Ref-button', onclick: copy }, 'Copy');
  const main = document.querySelector('#call');
  main.replaceChildren(title, ...about, form, shown);
  main.append(make('h2', {}, 'With curl ', button), command, make('h2', {}, 'Answers'), ...answers(told));
  document.title = `${told.summary} · Tabweave API`;
}

function welcome() {
  const main = document.querySelector('#call');
  const first = 'curl -H "Authorization: token $TOKEN" -T sales.csv ' + `'${location.origin}${base}/datasets/sales'`;
  main.replaceChildren(make('h1', {}, 'The shared tables of this server'), ...prose(api.info.description));
  main.append(make('h2', {}, 'A file becomes a table'), make('pre', { tabindex: '0' }, first));
  document.title = 'Tabweave API';
}

function list(search = '') {
  const words = search.toLowerCase().split(/\s+/);
  const fits = each => words.every(word => `${each.method} ${each.path} ${each.told.summary}`.toLowerCase().includes(word));
  const groups = api.tags.map(tag => {
    const found = operations.filter(each => each.told.tags[0] === tag.name && fits(each));
    const links = found.map(each =>
      make(
        'a',
        { href: `#${each.told.operationId}`, 'aria-current': location.hash === `#${each.told.operationId}` ? 'page' : undefined },
        make('span', { class: `tw-Ref-method tw-mod-${each.method}` }, each.method),
        make('span', {}, each.told.summary)
      )
    );
    return found.length ? make('section', {}, make('h2', {}, tag.name), links) : '';
  });
  document.querySelector('#calls').replaceChildren(...groups.filter(Boolean));
}

function route() {
  running?.abort();
  const found = operations.find(each => `#${each.told.operationId}` === location.hash);
  list(document.querySelector('#search').value);
  (found ? () => show(found) : welcome)();
  document.querySelector('#call').scrollTop = 0;
}

async function listTables() {
  const told = await (await fetch(`${base}/datasets`)).json();
  document.querySelector('#tables')?.remove();
  document.body.append(
    make(
      'datalist',
      { id: 'tables' },
      (told.datasets ?? []).map(each => make('option', { value: each.name }))
    )
  );
}

function theme() {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = (root.dataset.theme ?? (dark ? 'dark' : 'light')) === 'dark' ? 'light' : 'dark';
}

async function begin() {
  Object.assign(api, await (await fetch(`${base}/openapi.json`)).json());
  for (const [path, methods] of Object.entries(api.paths)) {
    operations.push(...METHODS.filter(each => methods[each]).map(method => ({ path, method, told: methods[method] })));
  }
  const search = document.querySelector('#search');
  search.addEventListener('input', () => list(search.value));
  document.querySelector('#theme').addEventListener('click', theme);
  document.querySelector('#version').textContent = api.info.version;
  addEventListener('hashchange', route);
  addEventListener('keydown', event => {
    if (event.key === '/' && !/INPUT|TEXTAREA|SELECT/.test(event.target.tagName)) {
      event.preventDefault();
      search.focus();
    }
  });
  route();
  void listTables();
  const me = await (await fetch(`${base}/me`)).json();
  document.querySelector('#person').textContent = me.person?.name ?? '';
}

void begin();
