/** Rows of cells as text; every row has the same length. */
export type Table = string[][];

const MARK = 'data-tabweave';

/** What a clipboard holds as a table: its HTML table if there is one, else its text. */
export function readClipboard(data: Pick<DataTransfer, 'getData'>): Table {
  return readTable(data.getData('text/html'), data.getData('text/plain'));
}

export function readTable(html: string, text: string): Table {
  // What this grid copied needs no detour over HTML, where line breaks and leading spaces would suffer.
  if (text && html.includes(MARK)) {
    return parseTsv(text);
  }
  return (/<table[\s>]/i.test(html) ? parseHtml(html) : null) ?? parseTsv(text);
}

/**
 * Tab-separated text as Excel and Sheets write it: a cell that begins with a quote runs to the closing one and may hold
 * tabs, line breaks and doubled quotes. The line break at the end ends the last row and begins no other.
 */
export function parseTsv(text: string): Table {
  const rows: Table = [];
  if (text === '') {
    return rows;
  }
  if (!text.includes('"')) {
    const lines = text.replace(/\r\n?/g, '\n').split('\n');
    if (lines.length > 1 && lines[lines.length - 1] === '') {
      lines.pop();
    }
    return square(lines.map(line => line.split('\t')));
  }
  let row: string[] = [];
  let at = 0;
  const length = text.length;
  while (at < length) {
    const quoted = text[at] === '"' ? readQuoted(text, at) : null;
    if (quoted) {
      row.push(quoted.cell);
      at = quoted.end;
    } else {
      const end = endOfCell(text, at);
      row.push(text.slice(at, end));
      at = end;
    }
    const mark = text[at];
    if (mark === '\t') {
      at++;
      if (at === length) {
        row.push('');
      }
    } else if (mark !== undefined) {
      at += mark === '\r' && text[at + 1] === '\n' ? 2 : 1;
      rows.push(row);
      row = [];
    }
  }
  if (row.length) {
    rows.push(row);
  }
  return square(rows);
}

/** The cell whose opening quote stands at `from`, or null when no quote closes it before a tab or the line's end. */
function readQuoted(text: string, from: number): { cell: string; end: number } | null {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      return null;
    }
    if (text[quote + 1] === '"') {
      at = quote + 2;
      continue;
    }
    const next = text[quote + 1];
    if (next !== undefined && next !== '\t' && next !== '\n' && next !== '\r') {
      return null;
    }
    return {
      cell: text
        .slice(from + 1, quote)
        .replace(/""/g, '"')
        .replace(/\r\n?/g, '\n'),
      end: quote + 1
    };
  }
}

function endOfCell(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 9 || code === 10 || code === 13) {
      return at;
    }
  }
  return text.length;
}

function square(rows: Table): Table {
  const width = rows.reduce((most, row) => Math.max(most, row.length), 0);
  for (const row of rows) {
    while (row.length < width) {
      row.push('');
    }
  }
  return rows;
}

/** The first table of an HTML page; cells merged over several places repeat as blanks, as Excel pastes them. */
export function parseHtml(html: string): Table | null {
  const table = new DOMParser().parseFromString(html, 'text/html').querySelector('table');
  if (!table) {
    return null;
  }
  const rows: Table = [];
  [...table.rows].forEach((line, index) => {
    const row = (rows[index] ??= []);
    let column = 0;
    for (const cell of line.cells) {
      while (row[column] !== undefined) {
        column++;
      }
      const tall = Math.max(1, Math.min(cell.rowSpan || 1, table.rows.length - index));
      const wide = Math.max(1, cell.colSpan || 1);
      for (let down = 0; down < tall; down++) {
        const target = (rows[index + down] ??= []);
        for (let right = 0; right < wide; right++) {
          target[column + right] = down || right ? '' : cellText(cell);
        }
      }
      column += wide;
    }
  });
  const filled = rows.map(row => Array.from(row, cell => cell ?? ''));
  return filled.some(row => row.length) ? square(filled) : null;
}

function cellText(cell: Element): string {
  if (!cell.firstElementChild) {
    return tidy(cell.textContent ?? '');
  }
  const copy = cell.cloneNode(true) as Element;
  copy.querySelectorAll('style,script').forEach(each => each.remove());
  copy.querySelectorAll('br').forEach(each => each.replaceWith('\u0000'));
  copy.querySelectorAll('p,div').forEach(each => each.nextSibling && each.after('\u0000'));
  return tidy(copy.textContent ?? '').replace(/ ?\u0000 ?/g, '\n');
}

/** Text as a browser lays it out: runs of white space are one space, and none at the ends. No-break spaces are spaces. */
function tidy(text: string): string {
  return text
    .replace(/[ \t\r\n]+/g, ' ')
    .replace(/^ | $/g, '')
    .replace(/\u00a0/g, ' ');
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

const escape = (text: string) => text.replace(/[&<>"]/g, mark => ESCAPES[mark] ?? mark);

/** The HTML that goes with a copied text, so that Excel, Sheets and word processors paste a table. */
export function tableHtml(tsv: string, headers: boolean): string {
  const rows = parseTsv(tsv).map((row, index) => {
    const tag = headers && index === 0 ? 'th' : 'td';
    const cells = row.map(cell => `<${tag}>${escape(cell).replace(/\n/g, '<br>')}</${tag}>`);
    return `<tr>${cells.join('')}</tr>`;
  });
  return `<meta charset="utf-8"><table ${MARK}>${rows.join('')}</table>`;
}

/** Cells as tab-separated text, quoted where a tab, a line break or a leading quote makes it necessary. */
export function writeTsv(rows: readonly (readonly string[])[]): string {
  return rows
    .map(row => row.map(cell => (/[\t\n\r]|^"/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell)).join('\t'))
    .join('\n');
}

/**
 * Puts a text that is still on its way onto the clipboard. Resolves to false where the browser does not let it.
 *
 * Browsers want the write to begin in the key press itself, so the clipboard is given the promise.
 */
export async function writeClipboard(tsv: Promise<string>, headers: boolean): Promise<boolean> {
  const { clipboard } = navigator;
  if (clipboard && typeof ClipboardItem !== 'undefined') {
    const blob = (text: string, type: string) => new Blob([text], { type });
    try {
      await clipboard.write([
        new ClipboardItem({
          'text/plain': tsv.then(text => blob(text, 'text/plain')),
          'text/html': tsv.then(text => blob(tableHtml(text, headers), 'text/html'))
        })
      ]);
      return true;
    } catch (error) {
      if (!(error instanceof DOMException)) {
        throw error;
      }
    }
  }
  return copyByCommand(await tsv, headers);
}

/** The old way, for pages without a secure address: a copy event whose data we set. */
function copyByCommand(text: string, headers: boolean): boolean {
  let done = false;
  const fill = (event: ClipboardEvent) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData?.setData('text/plain', text);
    event.clipboardData?.setData('text/html', tableHtml(text, headers));
    done = true;
  };
  document.addEventListener('copy', fill, true);
  const allowed = document.execCommand('copy');
  document.removeEventListener('copy', fill, true);
  return allowed && done;
}
