/** What others did to this user's table and edits, in words: notices, and what a screen reader says. */
import type { Person } from '../../protocol';
import type { Loss, News } from '../../session/api';
import { formatValue, fromJson } from '../../values';
import type { Control } from '../control';
import { shorten } from '../panels/wording';
import { count } from '../writing';

/** Changes of others are gathered so long before they are said. */
const GATHERED = 1_200;

export class Reporter {
  private readonly leave: () => void;
  private readonly changed = new Map<
    string,
    { user: Person; own: boolean; spots: Map<string, { row: number; column: number }> }
  >();
  private timer = 0;

  constructor(private readonly control: Control) {
    this.leave = control.session.onNews(news => this.hear(news));
  }

  dispose(): void {
    this.leave();
    window.clearTimeout(this.timer);
  }

  private hear(news: News): void {
    switch (news.kind) {
      case 'changed':
        return this.gather(news);
      case 'lost':
        return this.lose(news.losses);
      case 'taken':
        return this.taken(news);
      case 'felled':
        return this.control.notify({ level: 'error', text: `The rollup cannot be shown. ${news.message}`, hint: news.hint });
      case 'rights':
        return this.control.notify(
          news.readOnly
            ? { level: 'info', text: 'You can only look at this table now.', hint: news.readOnly }
            : { level: 'info', text: 'You can edit this table now.' }
        );
    }
  }

  private gather({ user, own, spots }: News & { kind: 'changed' }): void {
    const of = this.changed.get(user.id) ?? { user, own, spots: new Map<string, { row: number; column: number }>() };
    this.changed.set(user.id, of);
    spots.forEach(spot => of.spots.set(`${spot.row}:${spot.column}`, spot));
    this.timer ||= window.setTimeout(() => {
      this.timer = 0;
      this.say();
    }, GATHERED);
  }

  private say(): void {
    const { session } = this.control;
    const said = [...this.changed.values()].map(({ user, own, spots }) => {
      const who = own ? 'You, elsewhere,' : user.name;
      const [one] = spots.values();
      const column = one && session.column(one.column);
      const cell = one && session.cell(one.row, one.column);
      return spots.size === 1 && one && column && cell
        ? `${who} changed ${column.name}, row ${one.row + 1} to ${shorten(formatValue(column, cell.value)) || 'missing'}`
        : `${who} changed ${count(spots.size, 'cell')}`;
    });
    this.changed.clear();
    this.control.say(said.join('. '));
  }

  private lose(losses: Loss[]): void {
    const [first] = losses;
    if (!first || this.control.state.notice?.level === 'error') {
      return;
    }
    const restore = { label: losses.length === 1 ? 'Restore mine' : 'Restore all mine', run: () => void this.restore(losses) };
    const people = [...new Set(losses.map(({ user }) => user.name))];
    const who = people.length > 2 ? `${people[0]} and ${people.length - 1} others` : people.join(' and ');
    const text =
      losses.length === 1 ? this.one(first, who) : `${who} changed ${count(losses.length, 'cell')} that you had just written`;
    this.control.notify({ level: 'info', text, at: first.at, action: restore });
  }

  private one({ rid, column: id, mine, theirs }: Loss, who: string): string {
    const { session } = this.control;
    const column = session.column(id);
    const row = session.row(rid);
    if (!column) {
      return `${who} changed what you had just written`;
    }
    const show = (value: Loss['mine']): string => shorten(formatValue(column, fromJson(column, value))) || 'missing';
    const where = row === undefined ? column.name : `${column.name}, row ${row + 1}`;
    return `${who} changed ${where}: ${show(mine)} → ${show(theirs)}`;
  }

  /** Writes what was lost again, unless somebody has changed it once more since. */
  private async restore(losses: Loss[]): Promise<void> {
    const columns = new Map<number, Loss[]>();
    losses.forEach(loss => columns.set(loss.column, [...(columns.get(loss.column) ?? []), loss]));
    for (const [column, lost] of columns) {
      const block = { columns: [column], rows: lost.map(({ rid }) => rid), values: [lost.map(({ mine }) => mine)] };
      const rev = lost.reduce((most, loss) => Math.max(most, loss.rev), 0);
      const outcome = await this.control.session.apply({ kind: 'set_cells', blocks: [block], input: 'value' }, { rev });
      if (!outcome.ok) {
        this.control.writing.refuse(outcome.nack);
        return;
      }
    }
    this.control.say('Restored');
  }

  private taken({ saved, refused }: News & { kind: 'taken' }): void {
    const [first] = refused;
    const kept = saved ? `${count(saved, 'edit')} from before this page was loaded ${saved === 1 ? 'is' : 'are'} saved now.` : '';
    if (first) {
      const lost = `${count(refused.length, 'edit')} from before this page was loaded could not be saved: ${first.message}`;
      const hint = [first.hint, kept].filter(Boolean).join(' ');
      this.control.notify({ level: 'error', text: lost, ...(hint ? { hint } : {}) });
    } else {
      this.control.notify({ level: 'info', text: kept });
    }
  }
}
