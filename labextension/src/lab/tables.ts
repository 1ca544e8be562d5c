/** The shared tables of the server, as they are now: told by the server whenever one comes, goes or is opened by somebody. */
import { Signal, type ISignal } from '@lumino/signaling';
import type { TableInfo } from '../protocol';
import { drawChannel } from '../session/seat';
import type { Transport } from '../transport/transport';

export class Tables {
  private readonly ch = drawChannel();
  private readonly told = new Signal<this, void>(this);
  private known: readonly TableInfo[] | null = null;
  private reason = '';
  private open = false;

  constructor(transport: Transport) {
    transport.onFrame(({ message }) => {
      if (message.type === 'tables') {
        this.known = message.tables;
        this.reason = '';
      } else if (message.type === 'error') {
        this.reason = `${message.message} ${message.hint ?? ''}`.trim();
      }
      this.told.emit();
    });
    transport.onOpen(open => {
      this.open = open;
      if (open) {
        transport.send({ type: 'watch_tables', ch: this.ch });
      }
      this.told.emit();
    });
  }

  /** Emitted when anything here has changed. */
  get changed(): ISignal<this, void> {
    return this.told;
  }

  /** The tables by name; null until the server has told them. */
  get all(): readonly TableInfo[] | null {
    return this.known;
  }

  /** Whether the server can be reached now. */
  get online(): boolean {
    return this.open;
  }

  /** Why there is no list, in words for the user. */
  get problem(): string {
    return this.reason;
  }

  /** Resolves when the server has told the tables, or why it does not. */
  async listed(): Promise<void> {
    if (this.known || this.reason) {
      return;
    }
    await new Promise<void>(resolve => {
      const heard = (): void => {
        if (this.known || this.reason) {
          this.told.disconnect(heard);
          resolve();
        }
      };
      this.told.connect(heard);
    });
  }

  /** A table by its name. */
  find(name: string): TableInfo | undefined {
    return this.known?.find(each => each.name === name);
  }
}
