/** What a key asks for while no cell is being edited. */
export type Command =
  | { do: 'move' | 'extend'; rows: number; columns: number }
  | { do: 'page' | 'extendPage'; down: boolean }
  | { do: 'edge' | 'extendEdge'; row?: 'first' | 'last'; column?: 'first' | 'last' }
  | { do: 'next' | 'previous'; along: 'rows' | 'columns' }
  | {
      do:
        | 'all'
        | 'rows'
        | 'columns'
        | 'clear'
        | 'edit'
        | 'toggle'
        | 'undo'
        | 'redo'
        | 'fillDown'
        | 'fillRight'
        | 'find'
        | 'replace'
        | 'goto'
        | 'command'
        | 'cellMenu'
        | 'columnMenu'
        | 'leave';
    }
  /** The browser does it: text goes into the input, and copy, cut and paste arrive as events of their own. */
  | { do: 'native' };

/** The part of a keyboard event that decides. */
export type Key = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey' | 'isComposing'>;

const ARROWS: Record<string, [rows: -1 | 0 | 1, columns: -1 | 0 | 1]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1]
};

const LETTERS: Record<string, Command> = {
  a: { do: 'all' },
  d: { do: 'fillDown' },
  r: { do: 'fillRight' },
  f: { do: 'find' },
  h: { do: 'replace' },
  g: { do: 'goto' },
  k: { do: 'command' },
  y: { do: 'redo' },
  c: { do: 'native' },
  x: { do: 'native' },
  v: { do: 'native' }
};

export const isMac = (): boolean => /Mac|iP(hone|ad)/.test(navigator.platform);

/** The command of a key, as spreadsheets have it, or null for a key that means nothing here. */
export function command(key: Key, mac: boolean): Command | null {
  if (key.isComposing || key.key === 'Process' || key.key === 'Dead') {
    return { do: 'native' };
  }
  const control = mac ? key.metaKey || (key.ctrlKey && key.key === ' ') : key.ctrlKey;
  const arrow = ARROWS[key.key];
  if (arrow) {
    return arrowCommand(key, arrow, control);
  }
  switch (key.key) {
    case 'Home':
    case 'End': {
      const side = key.key === 'Home' ? 'first' : 'last';
      return { do: key.shiftKey ? 'extendEdge' : 'edge', column: side, ...(control ? { row: side } : {}) };
    }
    case 'PageUp':
    case 'PageDown':
      return control || key.altKey ? null : { do: key.shiftKey ? 'extendPage' : 'page', down: key.key === 'PageDown' };
    case 'Enter':
      return control || key.altKey ? null : { do: key.shiftKey ? 'previous' : 'next', along: 'rows' };
    case 'Tab':
      return control || key.altKey ? null : { do: key.shiftKey ? 'previous' : 'next', along: 'columns' };
    case 'Escape':
      return { do: 'leave' };
    case 'F2':
      return { do: 'edit' };
    case 'F10':
      return key.shiftKey ? { do: 'cellMenu' } : null;
    case 'ContextMenu':
      return { do: 'cellMenu' };
    case 'Delete':
    case 'Backspace':
      return control ? null : { do: 'clear' };
    case ' ':
      return space(key, control);
  }
  if (control && !key.altKey) {
    const letter = key.key.toLowerCase();
    if (letter === 'z') {
      return { do: key.shiftKey ? 'redo' : 'undo' };
    }
    return key.shiftKey ? null : (LETTERS[letter] ?? null);
  }
  return isText(key) ? { do: 'native' } : null;
}

function arrowCommand(key: Key, [rows, columns]: [number, number], control: boolean): Command | null {
  if (key.altKey) {
    return rows === 1 && !control && !key.shiftKey ? { do: 'columnMenu' } : null;
  }
  if (control) {
    const side = rows + columns < 0 ? 'first' : 'last';
    return { do: key.shiftKey ? 'extendEdge' : 'edge', ...(rows ? { row: side } : { column: side }) };
  }
  return { do: key.shiftKey ? 'extend' : 'move', rows, columns };
}

function space(key: Key, control: boolean): Command {
  if (control) {
    return { do: 'columns' };
  }
  return { do: key.shiftKey ? 'rows' : 'toggle' };
}

/** True for a key that types something, also with AltGr and Option. */
function isText(key: Key): boolean {
  const typed = [...key.key].length === 1;
  return typed && !key.metaKey && (!key.ctrlKey || key.altKey);
}
