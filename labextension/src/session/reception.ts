/** What is made of each message from the table. */
import type { Ack, Answer, Nack, Patch, Person, Request } from '../protocol';
import type { Frame } from '../transport/transport';
import type { Loss, News } from './api';
import type { Colors } from './colors';
import type { Edits, Ended } from './edits';
import type { Fetcher } from './fetcher';
import type { Link } from './link';
import type { Losses } from './losses';
import { type Greeting, Opening, type Welcome } from './opening';
import type { Presence } from './presence';
import type { Profiles } from './profiles';
import { Refusal, refuse } from './refusal';
import type { Replica } from './replica';
import type { Requests } from './requests';
import { Retry } from './retry';
import { LOOK_ONLY, type Scope } from './scope';
import type { Store } from './store';
import { type Touches, writer } from './touches';
import type { Trees } from './trees';
import type { Views } from './views';

/** Refusals of the moment: the operation's number is still free, and it is sent again. */
const AGAIN = new Set(['BUSY', 'OFFLINE']);

/** What a client is made of. */
export interface Parts {
  readonly ch: string;
  readonly store: Store;
  readonly requests: Requests;
  readonly edits: Edits;
  readonly replica: Replica;
  readonly views: Views;
  readonly profiles: Profiles;
  readonly fetcher: Fetcher;
  readonly link: Link;
  readonly presence: Presence;
  readonly touches: Touches;
  readonly losses: Losses;
  readonly colors: Colors;
  readonly trees: Trees;
}

export class Reception {
  /** The table's epoch as this channel knows it. */
  epoch: string | null;
  /** Whether the table has been met since the page was loaded. */
  met = false;
  readonly opening: Opening;
  private readonly retry = new Retry(() => this.flush());
  private readonly taken: { saved: number; refused: Nack[] } = { saved: 0, refused: [] };

  constructor(
    private readonly parts: Parts,
    private readonly scope: Scope,
    /** The channel's only user, if it has one. */
    private readonly user: string | null,
    epoch: string | null,
    /** Sends whatever the link's state. */
    private readonly call: (message: Request) => void,
    private readonly hello: () => Request
  ) {
    this.epoch = epoch;
    this.opening = new Opening(parts, scope);
  }

  /** Shows what came with the widget; the table has not been met by that. */
  anticipate(greeting: Greeting): void {
    if (this.opening.anticipate(greeting)) {
      this.epoch = greeting.welcome.epoch;
      this.see(greeting.welcome);
      this.met = false;
    }
  }

  take({ message, arrow }: Frame): void {
    const { replica, views, fetcher, profiles, store, link, presence, requests, trees } = this.parts;
    switch (message.type) {
      case 'welcome':
        return this.welcome(message);
      case 'subbed':
        if (trees.take(message)) {
          // While nodes are drawn nobody says what becomes of the table's own columns.
          this.call(this.hello());
        }
        views.take(message);
        fetcher.restart();
        break;
      case 'ack':
        return this.ack(message);
      case 'nack':
        return this.nack(message);
      case 'patch':
        return this.patch(message);
      case 'profiled':
        profiles.take(message);
        return store.update({ profiles: profiles.current });
      case 'present':
        return presence.take(message);
      case 'reset':
        replica.reorder(store.state.rev);
        return link.greet();
      case 'gone':
        return this.lose(message.reason, message.message);
      case 'error':
        return this.fault(message);
      case 'asking':
        return requests.progress(message);
      case 'rollups':
        store.update({ rollups: message.rollups });
        return void (typeof message.re === 'number' && requests.answer({ ...message, re: message.re }));
      case 'pong':
      case 'tables':
      case 'delta':
        return;
    }
    requests.answer(message, arrow);
  }

  private welcome(message: Welcome): void {
    const { epoch, rev, last_seq = 0, user, schema } = message;
    const { store, edits, replica, views, profiles, fetcher, link, requests, presence, trees } = this.parts;
    if (this.user !== null && this.user !== user.id) {
      return this.mistake(user);
    }
    if (this.epoch !== null && this.epoch !== epoch) {
      this.forget();
    } else if (rev !== store.state.rev || !views.plain) {
      replica.reorder(rev);
    }
    this.epoch = epoch;
    replica.reach(rev);
    if (!this.opening.knows(schema)) {
      profiles.drop(trees.learn(schema, 0));
    }
    this.see(message);
    link.welcome();
    this.retry.rest();
    edits.resume(last_seq);
    fetcher.drop();
    requests.resume();
    views.resume();
    this.opening.begin();
    fetcher.pump();
    this.flush();
    if (!trees.drawn) {
      profiles.resume();
    }
    presence.resume();
    store.update({ unsaved: edits.count });
    store.paint();
  }

  /** The channel is another user's: nothing of theirs is sent or shown. */
  private mistake({ name }: Person): void {
    this.call({ type: 'bye', ch: this.parts.ch });
    this.lose('unknown', `You are signed in as ${name} now, and opened this table as somebody else. Reload the page.`);
  }

  /** The table was built anew: rows and revisions are others. */
  private forget(): void {
    const { edits, replica, profiles, touches, losses } = this.parts;
    for (const { seq } of edits.waiting) {
      const message = 'The table was built anew before this was saved.';
      this.nack(refuse(this.parts.ch, seq, 'CONFLICT', message, 'Look at the row and type it again.'));
    }
    edits.clear();
    profiles.drop();
    replica.forget();
    touches.clear();
    losses.clear();
  }

  private see({
    name,
    user,
    rev,
    rows,
    role = null,
    read_only = '',
    can_undo = false,
    can_redo = false,
    rollups = []
  }: Welcome): void {
    const { store, views, profiles, trees } = this.parts;
    const readOnly = read_only || (this.scope.readOnly ? LOOK_ONLY : '');
    const { state } = store;
    const told = this.met && role !== null && readOnly !== state.readOnly;
    this.met = true;
    store.update({
      ...{ name, user, role, rev, readOnly, rollups, canUndo: can_undo, canRedo: can_redo },
      ...(trees.drawn ? {} : { total: rows }),
      ...(views.plain ? { rows, stale: false } : {}),
      profiles: profiles.current
    });
    if (told) {
      store.tell({ kind: 'rights', readOnly });
    }
  }

  private ack(ack: Ack): void {
    const { rev, cells = [], can_undo = false, can_redo = false } = ack;
    const { store, edits, replica, fetcher, trees } = this.parts;
    this.retry.calm();
    const edit = edits.ack(ack);
    if (!trees.drawn) {
      replica.write(cells, rev);
    }
    if (edit) {
      replica.stored(ack, edit.op, trees.drawn);
      replica.repaint(edit.cells);
    }
    const newest = Math.max(rev, store.state.rev);
    store.update({ rev: newest, canUndo: can_undo, canRedo: can_redo, unsaved: edits.count });
    this.own(ack);
    this.ended(edit, null);
    this.flush();
    fetcher.pump();
  }

  private nack(nack: Nack): void {
    const { store, edits, replica } = this.parts;
    if (store.state.role !== null && AGAIN.has(nack.code)) {
      return this.putOff();
    }
    this.retry.calm();
    const edit = edits.nack(nack);
    store.update({ unsaved: edits.count });
    replica.repaint(edit?.cells ?? []);
    this.ended(edit, nack);
    this.flush();
  }

  /** Sends what waits, unless the table has just said that it cannot take more. */
  flush(): void {
    if (this.parts.link.ready && !this.retry.waiting) {
      this.parts.edits.flush();
    }
  }

  private putOff(): void {
    this.parts.edits.unsend();
    this.retry.putOff();
  }

  /** Stops what is planned. */
  rest(): void {
    this.retry.rest();
  }

  /** Counts what was taken up from before, and tells when all of it is answered. */
  private ended(edit: Ended | null, nack: Nack | null): void {
    if (!edit?.taken) {
      return;
    }
    if (nack) {
      this.taken.refused.push(nack);
    } else {
      this.taken.saved += 1;
    }
    if (!this.parts.edits.hasTaken) {
      this.parts.store.tell({ kind: 'taken', saved: this.taken.saved, refused: this.taken.refused.splice(0) });
      this.taken.saved = 0;
    }
  }

  private patch(patch: Patch): void {
    const { rev, cells = [], columns = [], rows_changed = false, rows = 0, total = 0, schema, stale = false } = patch;
    const { elsewhere = [], can_undo: canUndo = false, can_redo: canRedo = false } = patch;
    const { store, replica, profiles, fetcher, trees } = this.parts;
    const missed = (patch.since || rev) > store.state.rev + 1;
    replica.reach(rev);
    if (schema) {
      profiles.drop(trees.learn(schema, rev));
    }
    if (rows_changed) {
      replica.reorder(rev);
      store.update({ rows, total });
    } else if (columns.length) {
      replica.windows.expire(rev, columns);
    }
    const news = store.state.role === null ? [] : this.others(patch);
    replica.write(cells, rev);
    store.update({
      rev: Math.max(rev, store.state.rev),
      stale: stale || store.state.stale,
      canUndo,
      canRedo,
      profiles: profiles.current
    });
    if (!trees.drawn) {
      profiles.touch(rows_changed ? undefined : [...columns, ...elsewhere, ...cells.map(({ column }) => column)]);
    }
    news.forEach(one => store.tell(one));
    if (missed) {
      this.mend(rev);
    }
    if (rows_changed) {
      fetcher.restart();
    } else {
      fetcher.pump();
    }
  }

  /** What this client wrote itself: nobody else's any more, and told if it is lost already. */
  private own({ rev, cells = [] }: Ack): void {
    const { store, touches, losses, trees } = this.parts;
    if (store.state.role === null || trees.drawn) {
      return;
    }
    cells.forEach(({ column, rows }) => rows.forEach(rid => touches.forget(rid, column)));
    const lost = losses.wrote(cells, rev);
    if (lost.length) {
      store.tell({ kind: 'lost', losses: lost });
    }
  }

  /** Which cells of a patch are somebody else's work, and what of this user's is lost by it. Called before they are written. */
  private others(patch: Patch): News[] {
    const { ch, store, replica, edits, touches, losses, colors, trees } = this.parts;
    if (patch.from_ch === ch) {
      return [];
    }
    const me = store.state.user?.id;
    const lost: Loss[] = [];
    const changed = new Map<string, News & { kind: 'changed' }>();
    for (const told of patch.cells ?? []) {
      const { column, rows, values } = told;
      rows.forEach((rid, i) => {
        const user = colors.of(writer(patch, told, i));
        const own = user.id === me;
        if (own && patch.users?.length) {
          return;
        }
        const row = touches.note(rid, column, user, own);
        if (row !== undefined) {
          const of = changed.get(user.id) ?? { kind: 'changed', user, own, spots: [] };
          changed.set(user.id, of);
          of.spots.push({ row, column });
        }
        if (!own && !trees.drawn) {
          const pending = edits.mark(rid, column)?.state === 'pending';
          lost.push(...losses.heard(rid, column, { value: values[i] ?? null, rev: patch.rev, user }, pending));
        }
      });
    }
    replica.settle();
    return [...changed.values(), ...(lost.length ? [{ kind: 'lost' as const, losses: lost }] : [])];
  }

  /** A revision was missed: everything held may be wrong, so all is asked anew, though not for every miss of a flood. */
  private mend(rev: number): void {
    this.parts.replica.windows.expire(rev);
    if (this.parts.link.isRare()) {
      this.call(this.hello());
    }
  }

  private fault({ re, code, message, hint = '', where = '' }: Extract<Answer, { type: 'error' }>): void {
    const { edits, requests, link, ch, views, store } = this.parts;
    const oldest = edits.oldest();
    if (typeof re === 'number') {
      if (!requests.refuse(re, new Refusal(code, message, hint, where)) && views.break(re)) {
        store.tell({ kind: 'felled', message, hint });
      }
    } else if (!link.ready) {
      // Every operation after one with a wrong number is answered so too, and hello has been said already.
      if (code !== 'BAD_SEQ') {
        this.lose(AGAIN.has(code) ? 'offline' : 'unknown', `${message} ${hint}`.trim());
      }
    } else if (AGAIN.has(code) && store.state.role !== null) {
      this.putOff();
    } else if (code === 'BAD_SEQ' && link.isRare()) {
      link.greet();
    } else if (oldest !== undefined) {
      this.nack(refuse(ch, oldest, code, message, hint));
    }
  }

  /** The table cannot be reached. */
  lose(reason: 'kernel' | 'offline' | 'unknown' | 'variable', message: string): void {
    const { store, edits, requests, fetcher, link, ch } = this.parts;
    link.gone({ reason, message });
    if (reason !== 'offline') {
      const refusal = new Refusal('OFFLINE', message);
      requests.fail(refusal);
      fetcher.fail(refusal);
    }
    if (reason === 'variable') {
      edits.waiting.forEach(({ seq }) => this.nack(refuse(ch, seq, 'NO_TABLE', message)));
      store.update({ unsaved: edits.count });
    }
  }
}
