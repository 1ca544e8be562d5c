import type { Session } from '../session/api';
import { HEADER_HEIGHT } from './drawing/header';

export const ROW_HEIGHT = 28;
/** Height of a grid that was given none, and what a small one grows to by itself. */
export const HEIGHT = 440;
/** The bars, with their lines and a scroll bar. */
const BARS = 82;

/** The height of a grid that shows all its rows. */
export const heightOf = (rows: number): number => BARS + HEADER_HEIGHT + rows * ROW_HEIGHT;

let bar: number | null = null;

/** How much room a scroll bar takes on this machine. */
export function scrollBar(): number {
  if (bar === null) {
    const probe = document.createElement('div');
    probe.style.cssText = 'position:absolute;visibility:hidden;overflow:scroll;width:50px;height:50px';
    document.body.append(probe);
    bar = probe.offsetHeight - probe.clientHeight;
    probe.remove();
  }
  return bar;
}

/** The height of a frame, which others may add to. */
export interface Height {
  /** Gives a part around the cells room of its own, so that it takes none from them. */
  lend(part: string, pixels: number): void;
  dispose(): void;
}

/** Sets the height of a frame. One that shows a whole small table grows with it, until it is as high as any other. */
export function keepHeight(frame: HTMLElement, session: Session, given: number): Height {
  let height = given > 0 ? given : HEIGHT;
  let whole: boolean | null = null;
  const lent = new Map<string, number>();
  const set = () => {
    const more = [...lent.values()].reduce((sum, pixels) => sum + pixels, 0);
    frame.style.height = `${height + more}px`;
  };
  const follow = () => {
    const { connection, total } = session.state;
    if (connection !== 'open') {
      return;
    }
    whole ??= heightOf(total) <= height;
    const wanted = Math.min(HEIGHT, heightOf(total));
    if (whole && wanted > height) {
      height = wanted;
      set();
    }
  };
  set();
  follow();
  return {
    lend: (part, pixels) => {
      lent.set(part, pixels);
      set();
    },
    dispose: session.subscribe(follow)
  };
}
