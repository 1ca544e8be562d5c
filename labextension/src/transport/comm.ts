/** Carries a channel in the custom messages of its widget, for pages without the server extension. */
import type { Answer, Request } from '../protocol';
import type { Frame, Transport } from './transport';
import { hollow, tooLarge } from './wire';

/** What this module needs of an anywidget model. */
export interface Model {
  get(name: string): unknown;
  set?(name: string, value: unknown): void;
  send(content: unknown): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
}

/** JupyterLab loses larger messages without a word (the kernel's own limit is 10 MiB for all of one message). */
const MOST = 4_000_000;

function isAnswer(content: unknown): content is Answer {
  return typeof content === 'object' && content !== null && 'type' in content && 'ch' in content;
}

export class CommTransport implements Transport {
  private listener: (frame: Frame) => void = () => undefined;

  constructor(private readonly model: Model) {
    model.on('msg:custom', this.receive);
  }

  send(message: Request): void {
    if (message.type === 'op' && JSON.stringify(message).length > MOST) {
      const refusal = tooLarge(message, MOST);
      queueMicrotask(() => this.listener({ message: refusal }));
      this.model.send(hollow(message));
      return;
    }
    this.model.send(message);
  }

  onFrame(listener: (frame: Frame) => void): void {
    this.listener = listener;
  }

  /** A comm is open as long as its widget lives; what happens to the kernel shows in missing answers. */
  onOpen(listener: (open: boolean) => void): void {
    listener(true);
  }

  dispose(): void {
    this.model.off('msg:custom', this.receive);
  }

  private readonly receive = (content: unknown, buffers: Array<DataView | ArrayBuffer> = []): void => {
    if (!isAnswer(content)) {
      return;
    }
    const [first] = buffers;
    const arrow =
      first instanceof ArrayBuffer
        ? new Uint8Array(first)
        : first && new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
    this.listener({ message: content, ...(arrow ? { arrow } : {}) });
  };
}
