/** How people look: their colours, their letters, and who of several is one person. */
import type { Peer, Person } from '../../protocol';
import type { Mode } from '../drawing/theme';

/** For people without a colour. */
const PLAIN = '#5f6b7a';
const HEX = /^#[0-9a-f]{6}$/i;
/** How much white a colour takes to stand out on a dark surface. */
const LIFT = 0.38;

/** Red, green and blue of a person's colour. */
function channels({ color = '' }: Person): [number, number, number] {
  const known = HEX.test(color) ? color : PLAIN;
  const [red = 0, green = 0, blue = 0] = (known.slice(1).match(/../g) ?? []).map(part => parseInt(part, 16));
  return [red, green, blue];
}

/** A person's colour for lines and washes on the page's surface. */
export function personColor(person: Person, mode: Mode, alpha = 1): string {
  const lift = mode === 'dark' ? LIFT : 0;
  const parts = channels(person).map(part => Math.round(part + (255 - part) * lift));
  return alpha === 1 ? `rgb(${parts.join(', ')})` : `rgba(${parts.join(', ')}, ${alpha})`;
}

/** A person's colour as a ground, and the ink that is legible on it. */
export function personGround(person: Person): { ground: string; ink: string } {
  const parts = channels(person);
  const [red, green, blue] = parts.map(part => (part / 255) ** 2.2) as [number, number, number];
  const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  return { ground: `rgb(${parts.join(', ')})`, ink: light > 0.36 ? '#16181d' : '#ffffff' };
}

/** Up to two letters for a person. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s._-]+/)
    .filter(Boolean);
  const first = (word = '?') => [...word].slice(0, words.length > 1 ? 1 : 2).join('');
  const letters = words.length > 1 ? [first(words[0]), first(words.at(-1))] : [first(words[0])];
  return letters.join('').toUpperCase();
}

/** A person with all places where they have the table open. */
export interface Company {
  person: Person;
  peers: Peer[];
}

/** Who else is there, each person once, in the order in which they are told; `me` is the id of this user. */
export function gather(peers: readonly Peer[], me: string | undefined): Company[] {
  const found = new Map<string, Company>();
  for (const peer of peers.filter(({ user }) => user.id !== me)) {
    const company = found.get(peer.user.id) ?? { person: peer.user, peers: [] };
    company.peers.push(peer);
    found.set(peer.user.id, company);
  }
  return [...found.values()];
}
