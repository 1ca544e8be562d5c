/** A transport that begins on one carrier and moves to another when the first does not reach the table. */
import type { Request } from '../protocol';
import type { Frame, Transport } from './transport';

/** How long the second carrier may take to answer before what the first said of the table is passed on. */
const LAST = 5_000;
/** How long the page's socket may take to open before the widget's own messages are used. */
const PATIENCE = 4_000;

export class Choice implements Transport {
  private current: Transport;
  private frame: (frame: Frame) => void = () => undefined;
  private open: (open: boolean) => void = () => undefined;
  private reached = false;
  private fell = false;
  private timer: ReturnType<typeof setTimeout> | null = null;

  /** `moved` is called with the reason, in words, when the second carrier is used. */
  constructor(
    first: Transport,
    private readonly second: () => Transport,
    private readonly moved: (why: string) => void
  ) {
    this.current = first;
    this.later(PATIENCE, () => this.fall('The server does not answer.'));
    first.onFrame(frame => this.receive(frame));
  }

  send(message: Request): void {
    this.current.send(message);
  }

  onFrame(listener: (frame: Frame) => void): void {
    this.frame = listener;
  }

  onOpen(listener: (open: boolean) => void): void {
    this.open = listener;
    this.current.onOpen(listener);
  }

  dispose(): void {
    this.stop();
    this.current.dispose();
  }

  private receive(frame: Frame): void {
    const { message } = frame;
    if (message.type === 'welcome') {
      this.reached = true;
      this.stop();
    } else if (!this.reached && (message.type === 'gone' || (message.type === 'error' && (message.re ?? null) === null))) {
      this.fall(message.message, frame);
      return;
    }
    this.frame(frame);
  }

  private fall(why: string, last?: Frame): void {
    this.stop();
    if (this.reached || this.fell) {
      return;
    }
    this.fell = true;
    this.current.dispose();
    this.open(false);
    this.current = this.second();
    this.current.onFrame(frame => {
      this.stop();
      this.frame(frame);
    });
    this.current.onOpen(this.open);
    if (last) {
      this.later(LAST, () => this.frame(last));
    }
    this.moved(why);
  }

  private later(after: number, act: () => void): void {
    this.timer = setTimeout(act, after);
  }

  private stop(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }
}
