/** Keeps the colours of the people in one table apart: who comes with a colour that somebody has gets another here. */
import type { Person } from '../protocol';

const COLORS = [
  ...['#1f77b4', '#d1495b', '#2a9d8f', '#b5651d', '#6a4c93', '#3a7d44', '#c2185b', '#00798c'],
  ...['#8d6e00', '#3949ab', '#a0522d', '#7b1fa2']
];
const HEX = /^#[0-9a-f]{6}$/i;

export class Colors {
  private readonly known = new Map<string, string>();

  /** These are in the table together: where two have one colour, all who see them give the same of them another. */
  meet(people: readonly Person[]): void {
    [...people].sort((a, b) => (a.id < b.id ? -1 : 1)).forEach(person => this.of(person));
  }

  /** The same person in the colour that they have here. */
  of(person: Person): Person {
    const color = this.known.get(person.id) ?? this.draw(person);
    return color === person.color ? person : { ...person, color };
  }

  private draw({ id, color = '' }: Person): string {
    const taken = new Set(this.known.values());
    const start = [...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
    const others = COLORS.map((_, i) => COLORS[(start + i) % COLORS.length] ?? '');
    const own = HEX.test(color) ? color.toLowerCase() : (others[0] ?? '');
    const drawn = taken.has(own) ? (others.find(each => !taken.has(each)) ?? own) : own;
    this.known.set(id, drawn);
    return drawn;
  }
}
