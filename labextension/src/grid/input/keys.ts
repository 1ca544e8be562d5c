import { pressKey } from '../../tree/keys';
import type { Control } from '../control';
import type { Desk } from '../editing/desk';
import type { Editor } from '../editing/editor';
import { all, at, cycle, extend, extendTo, head, many, move, whole } from '../selection';
import { command, isMac, type Command } from './keyboard';

/** Does what a key means wherever it is pressed in a grid; false for what only cells know. */
export function actAnywhere(what: Command['do'], control: Control): boolean {
  switch (what) {
    case 'find':
    case 'replace':
      control.open({ kind: 'find', replace: what === 'replace' });
      return true;
    case 'goto':
      control.open({ kind: 'goto' });
      return true;
    case 'command':
      control.command(true);
      return true;
    case 'undo':
    case 'redo':
      void control[what]();
      return true;
    default:
      return false;
  }
}

/** Turns keys over the cells into acts. Nothing it hears gets out to the notebook around the grid. */
export class Keys {
  private readonly mac = isMac();

  constructor(
    private readonly control: Control,
    private readonly desk: Desk,
    /** Gives up the focus, for a keyboard to get out of the grid. */
    private readonly leave: () => void
  ) {}

  private get editor(): Editor {
    return this.desk.editor;
  }

  keydown(event: KeyboardEvent): void {
    event.stopPropagation();
    if (['Shift', 'Control', 'Alt', 'Meta', 'AltGraph', 'CapsLock'].includes(event.key)) {
      return;
    }
    const answer = event.key === 'Enter' && !this.editor.state;
    if (!answer) {
      this.control.beat++;
    }
    if (this.editor.state) {
      this.edit(event);
      return;
    }
    // The key's own effect comes after this, and so goes into the input.
    if (!this.editor.focused) {
      this.editor.focus();
    }
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
      event.preventDefault();
      this.control.notify({
        level: 'info',
        text: 'Edits are in the DataFrame already.',
        hint: 'Save the notebook from its own menu.'
      });
      return;
    }
    const act = command(event, this.mac);
    if (this.onTree(event)) {
      event.preventDefault();
    } else if (act && !this.run(act)) {
      event.preventDefault();
    }
    if (answer) {
      this.control.beat++;
    }
  }

  /** What a key means for the node under the cursor. */
  private onTree(event: KeyboardEvent): boolean {
    const { control } = this;
    const { cursor } = control.state.selection;
    if (!control.tree.shown || !cursor) {
      return false;
    }
    if (event.key === 'Delete' || event.key === 'Backspace') {
      this.editor.open({ text: 'clear' });
      return true;
    }
    const go = (row: number) => control.goTo(row, cursor.column);
    const fail = (reason: unknown) => control.writing.tell(reason);
    return pressKey(control.tree, event, { row: cursor.row, column: cursor.column, go, fail });
  }

  /** Runs a command. True when the browser should go on with the key. */
  private run(act: Command): boolean {
    const { control, desk } = this;
    const { picked, shape, view } = control;
    if (!picked.cursor && act.do !== 'native' && act.do !== 'leave') {
      desk.start();
    }
    if (act.do !== 'next' && act.do !== 'previous' && act.do !== 'native') {
      desk.forget();
    }
    switch (act.do) {
      case 'native':
        return true;
      case 'toggle':
        return this.toggle();
      case 'move':
        control.pick(move(picked, act.rows, act.columns, shape), 'cursor');
        break;
      case 'extend':
        control.pick(extend(picked, act.rows, act.columns, shape), 'head');
        break;
      case 'page':
      case 'extendPage': {
        const rows = (view?.page() ?? 10) * (act.down ? 1 : -1);
        if (act.do === 'page') {
          control.pick(move(picked, rows, 0, shape), 'cursor');
        } else {
          control.pick(extend(picked, rows, 0, shape), 'head');
        }
        break;
      }
      case 'edge':
      case 'extendEdge':
        this.toEdge(act.do === 'edge', act.row, act.column);
        break;
      case 'next':
      case 'previous':
        this.advance(act.do === 'next' ? 1 : -1, act.along);
        break;
      case 'all':
        control.pick(all(picked, shape), 'none');
        break;
      case 'rows':
      case 'columns':
        control.pick(whole(picked, act.do, shape), 'none');
        break;
      case 'leave':
        this.escape();
        break;
      case 'edit':
        this.editor.open();
        break;
      default:
        this.act(act.do);
    }
    return false;
  }

  private act(what: Command['do']): void {
    const { control } = this;
    if (actAnywhere(what, control)) {
      return;
    }
    switch (what) {
      case 'clear':
        void control.clear();
        break;
      case 'fillDown':
        void control.writing.fillDown();
        break;
      case 'fillRight':
        void control.writing.fillRight();
        break;
      case 'cellMenu':
      case 'columnMenu':
        this.menu(what);
        break;
    }
  }

  private toggle(): boolean {
    const target = this.desk.target();
    if (target?.column.kind !== 'boolean') {
      return true;
    }
    void this.desk.toggle(target);
    return false;
  }

  private toEdge(single: boolean, row: 'first' | 'last' | undefined, column: 'first' | 'last' | undefined): void {
    const { control } = this;
    const { picked, shape } = control;
    const from = single ? picked.cursor : head(picked);
    if (!from) {
      return;
    }
    const edge = (side: 'first' | 'last' | undefined, length: number, stay: number) =>
      side === 'first' ? 0 : side === 'last' ? length - 1 : stay;
    const to = { row: edge(row, shape.rows, from.row), column: edge(column, shape.columns, from.column) };
    control.pick(single ? at(to, shape) : extendTo(picked, to, shape), single ? 'cursor' : 'head');
  }

  private advance(step: 1 | -1, along: 'rows' | 'columns'): void {
    const { control, desk } = this;
    if (along === 'rows' && step === 1 && control.answer()) {
      return;
    }
    if (many(control.picked)) {
      control.pick(cycle(control.picked, step, along), 'cursor');
    } else {
      desk.moved(along === 'rows' ? step : 0, along === 'columns' ? step : 0);
    }
  }

  private menu(which: 'cellMenu' | 'columnMenu'): void {
    const { control } = this;
    const { cursor } = control.state.selection;
    const spot = control.picked.cursor;
    const box = which === 'cellMenu' ? spot && control.view?.bounds(spot) : spot && control.view?.headerBounds(spot.column);
    if (!cursor || !box) {
      return;
    }
    const anchor = new DOMRect(box.x, box.y, box.width, box.height);
    if (which === 'columnMenu') {
      control.open({ kind: 'column', column: cursor.column, anchor });
    } else {
      control.open({ kind: 'cell', row: cursor.row, column: cursor.column, anchor });
    }
  }

  /** Step by step out: the notice, the panel, the command bar, a wide selection, then the grid. */
  private escape(): void {
    const { control } = this;
    const { picked } = control;
    if (control.state.notice) {
      control.notify(null);
    } else if (control.state.panel.kind !== 'none') {
      control.close();
    } else if (control.state.commanding) {
      control.command(true);
    } else if (many(picked) && picked.cursor) {
      control.pick(at(picked.cursor, control.shape), 'none');
    } else {
      this.leave();
    }
  }

  private edit(event: KeyboardEvent): void {
    const { editor } = this;
    if (
      event.isComposing ||
      event.key === 'Process' ||
      (event.target !== editor.input && event.target instanceof HTMLElement && event.target.closest('.tw-Editor-popup'))
    ) {
      return;
    }
    if (!editor.focused) {
      editor.focus();
    }
    if (this.desk.typing.key(event) || this.editKey(event)) {
      event.preventDefault();
    }
  }

  /** What a key does to an edit under way. False leaves it to the input. */
  private editKey({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): boolean {
    const { editor } = this;
    const typing = editor.state?.mode === 'typed';
    const control = ctrlKey || metaKey;
    switch (key) {
      case 'Enter':
        if (altKey || (control && !shiftKey)) {
          editor.insert('\n');
        } else {
          this.finish(shiftKey ? -1 : 1, 'rows');
        }
        return true;
      case 'Tab':
        this.finish(shiftKey ? -1 : 1, 'columns');
        return true;
      case 'Escape':
        if (editor.state && editor.state.calendar !== 'closed') {
          editor.showCalendar('closed');
        } else {
          editor.cancel();
        }
        return true;
      case 'F2':
        editor.stay();
        return true;
      case 'ArrowUp':
      case 'ArrowDown': {
        const down = key === 'ArrowDown' ? 1 : -1;
        if (altKey) {
          editor.showCalendar('focused');
          return true;
        }
        if (editor.choices.move(down)) {
          return true;
        }
        if (!typing || control || shiftKey) {
          return false;
        }
        editor.commit(down, 0);
        return true;
      }
      case 'ArrowLeft':
      case 'ArrowRight':
        if (!typing || control || shiftKey || altKey) {
          return false;
        }
        editor.commit(0, key === 'ArrowRight' ? 1 : -1);
        return true;
    }
    return false;
  }

  /** Commits and moves on: through the selection if there is one, else to the next cell. */
  private finish(step: 1 | -1, along: 'rows' | 'columns'): void {
    const { control, editor } = this;
    if (many(control.picked)) {
      editor.commit();
      control.pick(cycle(control.picked, step, along), 'cursor');
    } else {
      editor.commit(along === 'rows' ? step : 0, along === 'columns' ? step : 0);
    }
  }
}
