/** Hands out the channels of shared tables: one left behind with unsaved operations before a new one. */
import type { Claim, Claims } from './claims';
import type { Belonging, Left, Shelf } from './pending';
import { drawChannel, passingSeat, type Seat, type Standing } from './seat';

/** The table forgets a silent client's numbers after a month; what is older is not sent any more. */
const MOST_AGE = 25 * 86_400_000;

export class Seats {
  constructor(
    private readonly shelf: Shelf,
    private readonly claims: Claims
  ) {}

  /** A channel to open a table with. Where the browser stores nothing, it lasts as long as the page. */
  async take(belonging: Belonging): Promise<Seat> {
    try {
      const [left] = await this.claim(belonging, 1);
      if (left) {
        return left;
      }
      const ch = drawChannel();
      const claim = await this.claims.take(ch);
      return claim ? this.seat({ ...belonging, ch, epoch: null, last: 0, waiting: [], time: 0 }, claim) : passingSeat();
    } catch (reason) {
      console.warn('tabweave: what is not saved yet will not outlive this page.', reason);
      return passingSeat();
    }
  }

  /** Whether anything at all is kept in this browser. */
  async isEmpty(): Promise<boolean> {
    try {
      return (await this.shelf.list()).length === 0;
    } catch {
      return true;
    }
  }

  /** The channels that pages which are gone have left behind, of one table or of all; none where they cannot be had. */
  async rest(belonging: Omit<Belonging, 'table'> & Partial<Belonging>): Promise<[table: string, seat: Seat][]> {
    try {
      return (await this.claim(belonging, Infinity)).map(seat => [seat.table, seat]);
    } catch {
      return [];
    }
  }

  private async claim(of: Omit<Belonging, 'table'> & Partial<Belonging>, most: number): Promise<KeptSeat[]> {
    const found: KeptSeat[] = [];
    for (const left of (await this.shelf.list()).sort((a, b) => b.time - a.time)) {
      const isOf = left.place === of.place && left.user === of.user && left.table === (of.table ?? left.table);
      const isOld = left.time < Date.now() - MOST_AGE;
      const claim = found.length < most && (isOf || isOld) ? await this.claims.take(left.ch) : null;
      if (!claim) {
        continue;
      }
      // Somebody may have held it and sent everything since it was listed.
      const now = isOld ? undefined : (await this.shelf.list()).find(({ ch }) => ch === left.ch);
      if (now?.waiting.length) {
        found.push(this.seat(now, claim));
      } else {
        await this.shelf.drop(left.ch);
        claim.release();
      }
    }
    return found;
  }

  private seat(left: Left, claim: Claim): KeptSeat {
    return new KeptSeat(left, claim, this.shelf);
  }
}

class KeptSeat implements Seat {
  readonly ch: string;
  readonly user: string;
  readonly table: string;
  readonly epoch: string | null;
  readonly last: number;
  readonly waiting: Standing['waiting'];
  private read: (() => Standing) | null = null;
  private writing: Promise<void> = Promise.resolve();
  private planned = false;
  private isStored: boolean;
  private lost = false;

  constructor(
    private readonly left: Left,
    private readonly claim: Claim,
    private readonly shelf: Shelf
  ) {
    ({ ch: this.ch, user: this.user, table: this.table, epoch: this.epoch, last: this.last, waiting: this.waiting } = left);
    this.isStored = left.waiting.length > 0;
  }

  keep(read: () => Standing): void {
    this.read = read;
    if (!this.planned && !this.lost) {
      this.planned = true;
      this.writing = this.writing.then(() => this.write());
    }
  }

  private async write(): Promise<void> {
    this.planned = false;
    const standing = this.read?.();
    try {
      if (standing?.waiting.length && !this.lost) {
        const { ch, place, user, table } = this.left;
        this.isStored = true;
        await this.shelf.write({ ...standing, ch, place, user, table, time: Date.now() });
      } else if (this.isStored && !this.lost) {
        this.isStored = false;
        await this.shelf.drop(this.ch);
      }
    } catch (reason) {
      console.warn('tabweave: an edit that is not saved yet could not be stored in this browser.', reason);
    }
  }

  leave(): void {
    const standing = this.read?.();
    if (standing) {
      this.read = () => standing;
    }
    void this.writing.then(() => this.claim.release());
  }

  onLost(listener: () => void): void {
    this.claim.onLost(() => {
      this.lost = true;
      listener();
    });
  }
}
