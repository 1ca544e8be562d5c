/** What a tall table needs to know about its scrolling element. Lengths in pixels. */
export interface Track {
  element: HTMLElement;
  /** Height of all rows and the header. */
  content: number;
  /** Where the content is scrolled to. */
  position: number;
}

const JUMP = 2000;
const EXACT = 40_000;

/**
 * Scrolls content that is taller than a browser's element can be.
 *
 * Glide shrinks the scroll bar's way (33.5 million pixels at most) but moves the content pixel by pixel for steps up to
 * 2,000 px, and in proportion for longer ones. A position is reached by one long step and an exact rest; near both ends
 * the whole way is made of exact steps, so that scrolling on by wheel meets the end where the rows end.
 */
export function seek(track: Track, target: number): void {
  const { element } = track;
  const way = element.scrollHeight - element.clientHeight;
  const last = Math.max(0, track.content - element.clientHeight);
  const to = Math.min(Math.max(0, target), last);
  if (track.content <= element.scrollHeight + 5) {
    step(element, to);
    return;
  }
  const delta = to - track.position;
  const next = element.scrollTop + delta;
  if (Math.abs(delta) <= JUMP && next > 0 && next < way && to > 0 && to < last) {
    step(element, next);
  } else if (to <= EXACT) {
    step(element, 0);
    walk(element, 0, to);
  } else if (last - to <= EXACT) {
    step(element, way);
    walk(element, way, to - last);
  } else {
    const near = Math.round((to / last) * way);
    if (Math.abs(near - element.scrollTop) <= JUMP) {
      step(element, near > way / 2 ? near - 2 * JUMP : near + 2 * JUMP);
    }
    step(element, near);
    const rest = Math.round(to - (element.scrollTop / way) * last);
    if (rest) {
      step(element, element.scrollTop + rest);
    }
  }
}

/**
 * Mends a position near an end that was reached in proportion, by dragging the scroll bar: the bar has fewer pixels to go
 * there than the rows, and so they would skip at the end. To be called while nothing scrolls. Nothing moves on the screen.
 */
export function align(track: Track): boolean {
  const { element, content, position } = track;
  const way = element.scrollHeight - element.clientHeight;
  const rest = content - element.clientHeight - position;
  const off = position <= EXACT ? position - element.scrollTop : rest <= EXACT ? rest - (way - element.scrollTop) : 0;
  if (content <= element.scrollHeight + 5 || Math.abs(off) < 2) {
    return false;
  }
  const top = position <= EXACT;
  step(element, top ? 0 : way);
  walk(element, top ? 0 : way, top ? position : -rest);
  return true;
}

function walk(element: HTMLElement, from: number, delta: number): void {
  const steps = Math.ceil(Math.abs(delta) / JUMP);
  for (let i = 1; i <= steps; i++) {
    step(element, Math.round(from + (delta * i) / steps));
  }
}

/** Moves at once and tells at once: the browser's own scroll event comes a frame later and merges steps into one. */
function step(element: HTMLElement, top: number): void {
  element.scrollTop = top;
  element.dispatchEvent(new Event('scroll'));
}
