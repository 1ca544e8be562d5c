import type { Answer, Request } from '../protocol';

/** A frame from the session: the message, and the Arrow stream if it came with one. */
export interface Frame {
  message: Answer;
  arrow?: Uint8Array;
}

/** Moves the messages of one channel; it does not look inside them. */
export interface Transport {
  send(message: Request): void;
  onFrame(listener: (frame: Frame) => void): void;
  /** Called with true when the route is (again) open, with false when it broke. The current state is told at once. */
  onOpen(listener: (open: boolean) => void): void;
  dispose(): void;
}
