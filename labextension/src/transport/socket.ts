/** One WebSocket of a page, shared by all its channels. It knows channels and frames, not what they say. */
import type { Request } from '../protocol';
import type { Frame, Transport } from './transport';
import { decodeFrame, hollow, tooLarge } from './wire';

const PING = 10_000;
const SILENCE = 30_000;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 10_000;
/** The server refuses larger frames. */
const MOST = 32_000_000;

interface Channel {
  frame: (frame: Frame) => void;
  open: (open: boolean) => void;
}

export class PageSocket {
  private socket: WebSocket | null = null;
  private readonly channels = new Set<Channel>();
  private readonly byName = new Map<string, Channel>();
  private open = false;
  private tries = 0;
  private heard = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private pinging: ReturnType<typeof setInterval> | null = null;

  /** `connect` opens a socket at the page's address, with its token or cookie. */
  constructor(private readonly connect: () => WebSocket) {}

  /** A transport for one channel; the socket is opened with the first and closed with the last. */
  transport(): Transport {
    const channel: Channel = { frame: () => undefined, open: () => undefined };
    const names = new Set<string>();
    this.channels.add(channel);
    if (this.channels.size === 1) {
      this.begin();
    }
    return {
      send: message => {
        names.add(message.ch);
        this.byName.set(message.ch, channel);
        this.send(message, channel);
      },
      onFrame: listener => {
        channel.frame = listener;
      },
      onOpen: listener => {
        channel.open = listener;
        listener(this.open);
      },
      dispose: () => {
        names.forEach(name => this.byName.delete(name));
        this.channels.delete(channel);
        if (!this.channels.size) {
          this.end();
        }
      }
    };
  }

  private send(message: Request, channel: Channel): void {
    if (!this.open || !this.socket) {
      return;
    }
    const text = JSON.stringify(message);
    if (text.length > MOST / 4 && new Blob([text]).size > MOST) {
      queueMicrotask(() => channel.frame({ message: tooLarge(message, MOST) }));
      const stead = hollow(message);
      if (stead) {
        this.socket.send(JSON.stringify(stead));
      }
      return;
    }
    this.socket.send(text);
  }

  private begin(): void {
    window.addEventListener('online', this.hurry);
    document.addEventListener('visibilitychange', this.hurry);
    this.dial();
  }

  private end(): void {
    window.removeEventListener('online', this.hurry);
    document.removeEventListener('visibilitychange', this.hurry);
    this.stop();
    this.drop();
  }

  private stop(): void {
    if (this.retry !== null) {
      clearTimeout(this.retry);
      this.retry = null;
    }
    if (this.pinging !== null) {
      clearInterval(this.pinging);
      this.pinging = null;
    }
  }

  private dial(): void {
    this.stop();
    const socket = this.connect();
    socket.binaryType = 'arraybuffer';
    this.socket = socket;
    this.heard = Date.now();
    this.pinging = setInterval(() => this.watch(), PING);
    socket.onopen = () => {
      if (this.socket === socket) {
        this.tries = 0;
        this.heard = Date.now();
        this.tell(true);
      }
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (this.socket === socket) {
        this.heard = Date.now();
        const frame = decodeFrame(data);
        this.byName.get(frame.message.ch)?.frame(frame);
      }
    };
    socket.onclose = () => {
      if (this.socket === socket) {
        this.lose();
      }
    };
  }

  /** Asks for a sign of life; a socket that is silent for too long counts as broken. */
  private watch(): void {
    if (Date.now() - this.heard > SILENCE) {
      this.lose();
    } else if (this.open) {
      this.socket?.send(JSON.stringify({ type: 'ping', ch: '', t: Date.now() } satisfies Request));
    }
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.tell(false);
  }

  private lose(): void {
    this.stop();
    this.drop();
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.tries++);
    this.retry = setTimeout(() => this.dial(), pause * (0.75 + Math.random() / 2));
  }

  /** The network or the page came back: tries at once, and asks a socket that slept whether it still lives. */
  private readonly hurry = (): void => {
    if (document.visibilityState === 'hidden') {
      return;
    }
    if (this.retry !== null) {
      this.tries = 0;
      this.dial();
    } else {
      this.watch();
    }
  };

  private tell(open: boolean): void {
    if (open !== this.open) {
      this.open = open;
      [...this.channels].forEach(channel => channel.open(open));
    }
  }
}
