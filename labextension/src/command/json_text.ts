/** Where the parts of a JSON text stand, so that what is wrong with a plan can be shown at its place. */

/** A stretch of a text. */
export interface Span {
  start: number;
  end: number;
}

interface Node extends Span {
  fields?: Map<string, Node>;
  items?: Node[];
}

/** What is wrong with a text, and where. */
export interface Fault extends Span {
  message: string;
}

class Broken extends Error {
  constructor(
    message: string,
    readonly at: number
  ) {
    super(message);
  }
}

class Reader {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): Node {
    const node = this.value();
    this.space();
    if (this.at < this.text.length) {
      throw new Broken('Nothing may follow here.', this.at);
    }
    return node;
  }

  private space(): void {
    while (/\s/.test(this.text[this.at] ?? '')) {
      this.at++;
    }
  }

  /** Goes past a sign if it stands here. */
  private skip(sign: string): boolean {
    this.space();
    const here = this.text[this.at] === sign;
    this.at += Number(here);
    return here;
  }

  private expect(sign: string, where: string): void {
    if (!this.skip(sign)) {
      throw new Broken(`“${sign}” is missing ${where}.`, this.at);
    }
  }

  private value(): Node {
    this.space();
    const start = this.at;
    switch (this.text[this.at]) {
      case '{':
        return { start, fields: this.object(), end: this.at };
      case '[':
        return { start, items: this.array(), end: this.at };
      case '"':
        this.string();
        return { start, end: this.at };
      default:
        return this.word();
    }
  }

  private object(): Map<string, Node> {
    const fields = new Map<string, Node>();
    this.at++;
    while (!this.skip('}')) {
      if (fields.size) {
        this.expect(',', 'before this');
        this.space();
      }
      if (this.text[this.at] !== '"') {
        throw new Broken('A name in quotes is missing here.', this.at);
      }
      const name = this.string();
      this.expect(':', `after “${name}”`);
      fields.set(name, this.value());
    }
    return fields;
  }

  private array(): Node[] {
    const items: Node[] = [];
    this.at++;
    while (!this.skip(']')) {
      if (items.length) {
        this.expect(',', 'before this');
      }
      items.push(this.value());
    }
    return items;
  }

  private string(): string {
    const start = this.at;
    const end = /"(?:\\.|[^"\\\n])*"/y;
    end.lastIndex = start;
    const found = end.exec(this.text);
    if (!found) {
      throw new Broken('The quotes of this text are not closed.', start);
    }
    this.at += found[0].length;
    try {
      return String(JSON.parse(found[0]));
    } catch {
      throw new Broken('This text has a sign after “\\” that means nothing.', start);
    }
  }

  private word(): Node {
    const start = this.at;
    const word = /[^\s,:\]}[{"]*/y;
    word.lastIndex = start;
    const text = word.exec(this.text)?.[0] ?? '';
    if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?)$/.test(text)) {
      throw new Broken(text ? `“${text}” is no value. Texts stand in quotes.` : 'A value is missing here.', start);
    }
    this.at += text.length;
    return { start, end: this.at };
  }
}

/** What makes a text no JSON, or null. */
export function jsonFault(text: string): Fault | null {
  try {
    new Reader(text).whole();
    return null;
  } catch (error) {
    if (error instanceof Broken) {
      return { message: error.message, start: error.at, end: Math.min(error.at + 1, text.length) };
    }
    throw error;
  }
}

/** Where the value at a path such as `$.steps[1].columns[0]` stands: as much of the path as there is. */
export function locate(text: string, path: string): Span | null {
  let node: Node;
  try {
    node = new Reader(text).whole();
  } catch {
    return null;
  }
  for (const [, name, place] of path.matchAll(/([^.[\]$]+)|\[(\d+)\]/g)) {
    const next = name !== undefined ? node.fields?.get(name) : node.items?.[Number(place)];
    if (!next) {
      break;
    }
    node = next;
  }
  return { start: node.start, end: node.end };
}

/** The line of a place, from 1. */
export function lineOf(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}

const WIDE = 78;

/** JSON laid out for reading, one thing a line where it does not fit in one; numbers keep all their digits. */
export function tidy(text: string): string {
  let node: Node;
  try {
    node = new Reader(text).whole();
  } catch {
    return text;
  }
  return lay(text, node, '', true);
}

function lay(text: string, node: Node, indent: string, open: boolean): string {
  const parts = node.fields
    ? [...node.fields].map(([name, each]) => [`${JSON.stringify(name)}: `, each] as const)
    : node.items?.map(each => ['', each] as const);
  if (!parts) {
    return text.slice(node.start, node.end);
  }
  const [first, last] = node.fields ? ['{', '}'] : ['[', ']'];
  const flat = parts.map(([name, each]) => name + lay(text, each, '', false)).join(', ');
  const line = node.fields && flat ? `{ ${flat} }` : first + flat + last;
  if (!open || !flat || (indent !== '' && line.length + indent.length <= WIDE)) {
    return line;
  }
  const deeper = `${indent}  `;
  const lines = parts.map(([name, each]) => `${deeper}${name}${lay(text, each, deeper, true)}`);
  return `${first}\n${lines.join(',\n')}\n${indent}${last}`;
}
