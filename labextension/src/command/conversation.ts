/** What was said to a table, what it comes to, and what is done about it. It draws nothing. */
import type { Op, Proposal } from '../protocol';
import type { AskedCommand } from '../session/api';
import type { Control } from '../grid/control';
import { explain, type Failure } from '../grid/panels/wording';
import { Changes } from './changes';
import { liveChart } from './drawing';
import { effectLine, marksCells } from './effects';
import { nextChange } from './jumps';
import { Recall } from './recall';

/** The table changed: a proposal is asked for anew after this, and not more often than it takes to compute. */
const SETTLES = 700;

export type Phase =
  | { is: 'idle' }
  | { is: 'asking'; stage: string }
  | { is: 'told'; proposal: Proposal; arrow?: Uint8Array }
  | { is: 'refused'; failure: Failure };

export interface Talk {
  /** What stands in the field. */
  text: string;
  /** What the phase is about. */
  said: string;
  phase: Phase;
  /** Apply, or a jump, is under way. */
  busy: '' | 'applying' | 'jumping';
  /** What is wrong with a plan that was edited. */
  fault: (Failure & { where: string }) | null;
}

type Asking = Parameters<Control['session']['asker']['ask']>[0];

const START: Talk = { text: '', said: '', phase: { is: 'idle' }, busy: '', fault: null };

export class Conversation {
  state = START;
  readonly recall: Recall;
  private readonly listeners = new Set<() => void>();
  private asked: AskedCommand | null = null;
  private asking: Asking = {};
  private changes: Changes | null = null;
  private took = 0;
  private timer = 0;
  private rev = 0;
  private readonly leave: () => void;

  constructor(private readonly control: Control) {
    this.recall = new Recall(() => control.session.state.name);
    this.leave = control.session.subscribe(() => this.follow());
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  dispose(): void {
    this.leave();
    this.forget();
    this.listeners.clear();
  }

  /** The proposal that could be applied now. */
  get proposal(): Proposal | null {
    const { phase } = this.state;
    return phase.is === 'told' && phase.proposal.outcome === 'change' ? phase.proposal : null;
  }

  /** Whether what is proposed could be done now. */
  get allowed(): boolean {
    return this.proposal?.nothing !== true && !this.control.session.state.readOnly && !this.state.busy;
  }

  /** Whether Enter applies: there is something to apply, and it is what stands in the field. */
  get ripe(): boolean {
    const { proposal, state } = this;
    return proposal !== null && this.allowed && state.text.trim() === state.said;
  }

  write(text: string): void {
    this.update({ text });
  }

  /** Asks what a command would do. */
  say(text: string, reading?: number): void {
    const said = text.trim();
    if (said) {
      this.recall.add(said);
      this.update({ text: said, said, fault: null });
      void this.ask({ text: said, ...(reading === undefined ? {} : { reading }) });
    }
  }

  /** Asks what an edited plan would do; what is wrong with it is told beside it. */
  plan(plan: string): void {
    void this.ask({ plan, text: this.state.said });
  }

  private async ask(given: Asking, again = false): Promise<void> {
    const { control } = this;
    this.asked?.cancel();
    window.clearTimeout(this.timer);
    this.timer = 0;
    const editing = given.plan !== undefined && !again;
    if (!again && !editing) {
      this.let();
      this.update({ phase: { is: 'asking', stage: '' } });
    }
    const asked = control.session.asker.ask(given, stage => {
      if (this.asked === asked && this.state.phase.is === 'asking') {
        this.update({ phase: { is: 'asking', stage } });
      }
    });
    this.asked = asked;
    const began = performance.now();
    try {
      const told = await asked.reply;
      if (this.asked === asked) {
        this.took = performance.now() - began;
        const { proposal } = again ? { proposal: this.reread(told.proposal) } : told;
        this.hear({ ...told, proposal }, again);
        this.asking = byModel(proposal) ? { plan: proposal.plan ?? '', text: this.state.said } : given;
      }
    } catch (reason) {
      if (this.asked === asked) {
        this.fail(reason, editing);
      }
    } finally {
      if (this.asked === asked) {
        this.asked = null;
      }
    }
  }

  /** A plan of a model's that was asked about again is still the model's. */
  private reread(proposal: Proposal): Proposal {
    const before = this.proposal;
    return before && byModel(before) ? { ...proposal, interpreter: before.interpreter, cost: before.cost } : proposal;
  }

  private hear(told: { proposal: Proposal; arrow?: Uint8Array }, again: boolean): void {
    const { control } = this;
    const { proposal } = told;
    this.rev = Math.max(proposal.rev, control.session.state.rev);
    this.changes?.dispose();
    this.changes = null;
    if (proposal.outcome === 'change') {
      this.changes = new Changes(
        control.session,
        proposal,
        rows => control.view?.repaint(rows),
        () => this.again()
      );
    }
    this.mark();
    const chart = liveChart(proposal);
    if (chart && !again) {
      control.chart(chart);
    }
    this.update({ phase: { is: 'told', ...told }, fault: null });
    if (!again) {
      control.say(spoken(proposal));
    }
  }

  private fail(reason: unknown, editing: boolean): void {
    const failure = explain(reason);
    const where = typeof reason === 'object' && reason !== null && 'where' in reason ? String(reason.where) : '';
    if (editing) {
      this.update({ fault: { ...failure, where } });
    } else {
      this.let();
      this.update({ phase: { is: 'refused', failure } });
    }
    this.control.say(failure.message);
  }

  /** Does what is proposed. */
  async apply(): Promise<void> {
    const { control, proposal } = this;
    if (!proposal || !this.allowed) {
      return;
    }
    const { plan = '', token = '', command = '', interpreter = '' } = proposal;
    const op: Op = { kind: 'transform', plan, token, command: command || this.state.said, interpreter };
    this.update({ busy: 'applying' });
    const outcome = await control.session.apply(op);
    this.update({ busy: '' });
    if (outcome.ok) {
      this.forget();
      this.update({ text: '', said: '', phase: { is: 'idle' } });
      control.notify({
        level: 'info',
        text: outcome.message ? `Applied: ${outcome.message}` : `Applied. ${effectLine(proposal)}.`,
        action: { label: 'Undo', run: () => void control.undo() }
      });
    } else if (outcome.nack.code === 'CONFLICT') {
      await this.ask(this.asking, true);
      control.notify({ level: 'info', text: 'The table has changed meanwhile. This is what the command would do now.' });
    } else {
      const { message, hint = '' } = outcome.nack;
      control.notify({ level: 'error', text: message, hint });
    }
  }

  /** Lets the proposal, or what is under way, go, unless it is being applied; what was said stays in the field. */
  discard(): void {
    if (this.state.busy === 'applying') {
      return;
    }
    this.forget();
    this.update({ phase: { is: 'idle' }, fault: null, busy: '' });
  }

  /** Whether there is something to let go of. */
  get holds(): boolean {
    return this.state.phase.is !== 'idle';
  }

  /** Goes to the next change in the cells, or the one before. */
  async jump(step: 1 | -1): Promise<void> {
    const { control, changes } = this;
    if (!changes || this.state.busy || control.state.overlay !== changes) {
      return;
    }
    if (!marksCells(changes.proposal)) {
      this.reveal(changes);
      return;
    }
    this.update({ busy: 'jumping' });
    try {
      const { columns } = control.state.layout;
      const place = await nextChange(
        control.session,
        changes,
        columns,
        control.state.selection.cursor,
        step,
        () => this.changes === changes && this.state.busy === 'jumping'
      );
      if (place) {
        control.goTo(place.row, place.column);
        control.say(this.described(changes, place.row, place.column));
      } else if (this.changes === changes) {
        control.notify({ level: 'info', text: 'None of the rows in this view changes.' });
      }
    } catch (reason) {
      control.writing.tell(reason);
    } finally {
      this.update({ busy: '' });
    }
  }

  /** Shows the first column that would come, go or be another. */
  private reveal(changes: Changes): void {
    const { control } = this;
    const { columns } = control.state.layout;
    const own = columns.findIndex(column => changes.column(column));
    const column = own >= 0 ? own : columns.length;
    control.view?.reveal({ row: control.view.visible().rows[0], column });
  }

  private described(changes: Changes, row: number, column: number): string {
    const fate = changes.cell(row, column);
    const name = this.control.session.column(column)?.name ?? '';
    return fate?.after === undefined
      ? `Row ${row + 1} would go`
      : `${name}, row ${row + 1} would become ${fate.after || 'missing'}`;
  }

  /** Marks the cells, where they are the table's own and not those of a tree. */
  private mark(): void {
    const { control } = this;
    const overlay = control.session.state.view.tree ? null : this.changes;
    if (control.state.overlay !== overlay) {
      control.lay(overlay);
    }
  }

  /** The table goes on changing while a proposal is shown: it is computed anew once that rests. */
  private follow(): void {
    const { rev } = this.control.session.state;
    this.mark();
    if (rev !== this.rev && this.proposal && !this.state.busy && !this.asked) {
      this.rev = rev;
      this.again();
    }
  }

  private again(): void {
    this.timer ||= window.setTimeout(
      () => {
        this.timer = 0;
        if (this.proposal) {
          void this.ask(this.asking, true);
        }
      },
      Math.max(SETTLES, 2 * this.took)
    );
  }

  private forget(): void {
    this.asked?.cancel();
    this.asked = null;
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.let();
  }

  /** Takes the marks off the cells and lets the table forget the proposal. */
  private let(): void {
    const token = this.proposal?.token;
    this.changes?.dispose();
    this.changes = null;
    this.mark();
    if (token) {
      this.control.session.asker.discard(token);
    }
  }

  private update(change: Partial<Talk>): void {
    this.state = { ...this.state, ...change };
    this.listeners.forEach(listener => listener());
  }
}

/** Whether a model read the command, which is not to be asked twice for the same. */
const byModel = ({ interpreter = '' }: Proposal): boolean => interpreter.startsWith('model');

/** What a screen reader hears of an answer. */
function spoken(proposal: Proposal): string {
  const { outcome, rows = 0, readings = [], reason = '', nothing } = proposal;
  switch (outcome) {
    case 'change':
      return nothing ? 'Nothing would change.' : `${effectLine(proposal)}. Enter applies, Escape discards.`;
    case 'answer':
      return `Answered with ${rows} ${rows === 1 ? 'row' : 'rows'}.`;
    case 'choice':
      return `This may mean ${readings.length} things. Choose one.`;
    case 'unclear':
      return reason;
  }
}
