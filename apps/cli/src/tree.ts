import { isEndType, statusAfter, type RunStatus } from '@fermata/contracts';
import type { EventView, RunDetailView } from './client';
import { line, safeText, type Line } from './safe-text';

/** Where a step of the tree is. */
interface Branch {
  status: string;
  attempt: number;
  startedAt: number | null;
  endedAt: number | null;
  note: string;
}

const MARKS: Readonly<Record<string, string>> = {
  queued: '◌',
  scheduled: '◌',
  running: '◐',
  waiting: '↻',
  held: '⏸',
  ready: '◌',
  completed: '●',
  skipped: '○',
  failed: '✗',
  rejected: '✗',
  expired: '✗',
};

const NOTE_MAX = 160;
const CLOSED: ReadonlySet<string> = new Set(['rejected', 'expired']);

/** A run as a tree of steps with state, attempts and time, kept up to date by its events. */
export class RunTree {
  private readonly steps = new Map<string, Branch>();
  private readonly checkpoints: string[] = [];
  status = 'running';
  problem = '';
  /** When the run ended: what it did not finish takes no longer. */
  private endedAt: number | null = null;

  constructor(readonly title: string) {}

  /** The tree of a run that was read whole. */
  static of(run: RunDetailView): RunTree {
    const tree = new RunTree(`${run.workflow} ${run.run}`);
    for (const { step, status, attempt, startedAt, endedAt } of run.steps) {
      const [from, to] = [startedAt, endedAt].map((at) => (at === null ? null : Date.parse(at)));
      const branch = { status, attempt, startedAt: from ?? null, endedAt: to ?? null, note: '' };
      tree.steps.set(step, branch);
    }
    // A refused gate ends the run; its step is not told apart from one that goes on.
    for (const { step, status } of run.gates) {
      const branch = tree.steps.get(step);
      if (CLOSED.has(status) && branch !== undefined) branch.status = status;
    }
    tree.checkpoints.push(...run.checkpoints.map(({ label }) => label));
    tree.status = run.status;
    tree.endedAt = run.endedAt === null ? null : Date.parse(run.endedAt);
    if (run.problem !== undefined) {
      tree.problem = problemText(run.problem.code, run.problem.message);
    }
    return tree;
  }

  /** Takes in an event; gives the step that it moved, if it moved one. */
  take({ type, at, data }: Pick<EventView, 'type' | 'at' | 'data'>): string | null {
    const status = statusAfter(type);
    if (status !== null) this.turnTo(status, data);
    if (isEndType(type)) this.endedAt = Date.parse(at);
    if (type === 'CheckpointReached') this.checkpoints.push(String(data['label']));
    const step = typeof data['step'] === 'string' ? data['step'] : null;
    const change = changeOf(type, data);
    if (step === null || change === null) return null;
    const branch = this.steps.get(step) ?? newBranch();
    this.steps.set(step, branch);
    branch.status = change;
    branch.attempt = Math.max(branch.attempt, Number(data['attempt'] ?? 0));
    branch.startedAt ??= Date.parse(at);
    branch.endedAt = ENDED.has(change) ? Date.parse(at) : null;
    const message = data['message'] ?? data['title'] ?? '';
    branch.note = typeof message === 'string' ? message : '';
    return step;
  }

  /** One step as a line. */
  line(step: string, now: number): Line {
    const branch = this.steps.get(step) ?? newBranch();
    const { status, attempt, startedAt, endedAt, note } = branch;
    const until = endedAt ?? this.endedAt ?? now;
    const took = startedAt === null ? '' : durationText(until - startedAt);
    const tries = attempt > 1 ? `attempt ${attempt}` : '';
    const name = safeText(step).padEnd(24);
    const rest = [status.padEnd(10), took.padStart(8), tries, shortText(safeText(note))];
    const text = `${name} ${rest.filter(Boolean).join('  ')}`.trimEnd();
    return line`  ${MARKS[status] ?? '?'} ${text}`;
  }

  /** The whole tree as lines. */
  lines(now: number): Line[] {
    const steps = [...this.steps.keys()].map((step) => this.line(step, now));
    const [head = line``, ...why] = this.verdict();
    const reached =
      this.checkpoints.length > 0 ? [line`  checkpoints ${this.checkpoints.join(' ')}`] : [];
    return [head, ...steps, ...reached, ...why];
  }

  /** Where the run stands and why, without its steps. */
  verdict(): Line[] {
    const why = this.problem === '' ? [] : [line`  ${this.problem}`];
    return [line`${this.title}  ${this.status}`, ...why];
  }

  private turnTo(status: RunStatus, data: Readonly<Record<string, unknown>>): void {
    this.status = status;
    // Why a run was held is past when it goes on.
    this.problem =
      this.status === 'running' ? '' : problemText(data['code'], data['message'] ?? data['reason']);
  }
}

const CHANGES: Readonly<Record<string, string>> = {
  StepQueued: 'queued',
  AttemptScheduled: 'scheduled',
  AttemptClaimed: 'running',
  EffectIntended: 'running',
  AttemptFailed: 'waiting',
  StepCompleted: 'completed',
  StepSkipped: 'skipped',
  StepFailed: 'failed',
  GateOpened: 'held',
  GateDecided: 'ready',
};

const ENDED: ReadonlySet<string> = new Set(['completed', 'skipped', 'failed', 'rejected']);

/** What an event makes of its step, or null when it moves none. */
function changeOf(type: string, data: Readonly<Record<string, unknown>>): string | null {
  if (type === 'GateDecided' && data['decision'] === 'reject') return 'rejected';
  // The event of the failed step follows.
  if (type === 'AttemptFailed' && data['retryAt'] === null) return null;
  return CHANGES[type] ?? null;
}

function shortText(text: string): string {
  return text.length <= NOTE_MAX ? text : `${text.slice(0, NOTE_MAX)} …`;
}

function problemText(code: unknown, message: unknown): string {
  const texts = [code, message].filter((one) => typeof one === 'string' && one !== '');
  return texts.length === 1 && code === 'GATE_REJECTED'
    ? 'GATE_REJECTED without a reason'
    : texts.join(' ');
}

function newBranch(): Branch {
  return { status: 'ready', attempt: 0, startedAt: null, endedAt: null, note: '' };
}

/** A duration as people read it. */
export function durationText(ms: number): string {
  // The clock that shows it may be behind the one that wrote it.
  if (ms < 1_000) return `${Math.max(0, ms)} ms`;
  if (ms < 60_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} m ${Math.floor((ms % 60_000) / 1_000)} s`;
  return `${Math.floor(ms / 3_600_000)} h ${Math.floor((ms % 3_600_000) / 60_000)} m`;
}
