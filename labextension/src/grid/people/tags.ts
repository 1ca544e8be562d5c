/**
 * Names at other people's cursors: elements over the canvas, placed anew in the same turn in which the cells are scrolled.
 *
 * A name shows when its person has moved, while they type and while the pointer is on their cell; then it goes, so that it
 * covers nothing.
 */
import { HEADER_HEIGHT } from '../drawing/header';
import type { Box, Spot } from '../view';
import type { Placed } from './peers';
import { personGround } from './person';

const SHOWN = 3_000;
const HEIGHT = 16;

interface Tag {
  element: HTMLElement;
  placed: Placed;
  /** What it was placed by, to notice a move. */
  at: string;
  until: number;
}

export class Tags {
  private readonly layer: HTMLElement;
  private readonly tags = new Map<string, Tag>();
  private hovered: Spot | null = null;
  private timer = 0;

  constructor(
    parent: HTMLElement,
    /** Where a cell is drawn, relative to `parent`; nothing if it is out of sight. */
    private readonly box: (spot: Spot) => Box | undefined
  ) {
    this.layer = document.createElement('div');
    this.layer.className = 'tw-Tags';
    this.layer.setAttribute('aria-hidden', 'true');
    parent.append(this.layer);
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    this.layer.remove();
  }

  /** Takes where everybody is now. */
  show(all: readonly Placed[]): void {
    const now = Date.now();
    const gone = new Set(this.tags.keys());
    for (const placed of all) {
      const { key, place, user } = placed.peer;
      gone.delete(key);
      const at = JSON.stringify(place);
      const tag = this.tags.get(key) ?? this.add(key, placed);
      const text = place?.editing ? `${user.name} is typing` : user.name;
      if (tag.element.textContent !== text) {
        tag.element.textContent = text;
      }
      if (tag.at !== at) {
        tag.until = now + SHOWN;
      }
      tag.at = at;
      tag.placed = placed;
    }
    for (const key of gone) {
      this.tags.get(key)?.element.remove();
      this.tags.delete(key);
    }
    this.place();
  }

  /** The pointer is on a cell. */
  hover(spot: Spot | null): void {
    this.hovered = spot;
    this.place();
  }

  /** Puts every name where its cell is drawn now. */
  place(): void {
    const now = Date.now();
    let next = Infinity;
    // All is measured before anything is moved: each measuring after a move would have the page laid out anew.
    const height = this.layer.clientHeight;
    const boxes = [...this.tags.values()].map(tag => ({ ...tag, box: this.box(tag.placed.cursor) }));
    for (const { element, placed, until, box } of boxes) {
      const { cursor, peer } = placed;
      const onIt = this.hovered?.row === cursor.row && this.hovered.column === cursor.column;
      const shown = box !== undefined && (onIt || peer.place?.editing === true || until > now);
      element.classList.toggle('tw-mod-shown', shown);
      if (box) {
        // Above it would cover the cell that was left with Enter, which has just been changed.
        const above = box.y + box.height + HEIGHT > height && box.y - HEIGHT >= HEADER_HEIGHT;
        const top = above ? box.y - HEIGHT + 1 : box.y + box.height;
        element.classList.toggle('tw-mod-above', above);
        element.style.transform = `translate(${Math.round(box.x)}px, ${Math.round(top)}px)`;
      }
      if (until > now) {
        next = Math.min(next, until);
      }
    }
    window.clearTimeout(this.timer);
    if (next < Infinity) {
      this.timer = window.setTimeout(() => this.place(), next - now + 10);
    }
  }

  private add(key: string, placed: Placed): Tag {
    const element = document.createElement('div');
    const { ground, ink } = personGround(placed.peer.user);
    element.className = 'tw-Tag';
    element.style.background = ground;
    element.style.color = ink;
    this.layer.append(element);
    const tag = { element, placed, at: '', until: 0 };
    this.tags.set(key, tag);
    return tag;
  }
}
