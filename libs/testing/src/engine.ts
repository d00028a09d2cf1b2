import { isDeepStrictEqual } from 'node:util';
import {
  commandOf,
  decodeCommand,
  decodeEvent,
  encodeCommand,
  encodeEvent,
  LIMITS,
  type Command,
  type CommandData,
  type CommandType,
  type Definition,
  type Event,
  type EventOf,
  type EventType,
  type Json,
} from '@fermata/contracts';
import {
  attemptAt,
  canStartQueued,
  compileDefinition,
  decideCommand,
  emptyPartition,
  evolve,
  fireDueTimers,
  fold,
  isFinished,
  openBatch,
  startQueued,
  stepsOf,
  type Batch,
  type Graph,
  type LoadedDefinition,
  type PartitionState,
  type RunState,
  type TenantLimits,
} from '@fermata/core';

/** Who sends a command, unless a test says otherwise. */
const SENDER = { source: 'test', tenant: 'acme', actor: 'user:asha' };
const DAY_MS = 86_400_000;

/** What a test may say of a command beside its data. */
export interface Saying {
  readonly id?: string;
  readonly tenant?: string;
  readonly run?: string;
  readonly actor?: string;
  readonly time?: number;
}

/**
 * One partition in this process, under a clock that only a test moves: the production decisions
 * and folds, and nothing else. It performs no attempt; a test answers as a runner would. Commands
 * and events are read from their text before they count, as after a restart at every point; an
 * event that differs from its text is a defect, wherever a test meets it.
 */
export class Engine {
  readonly state: PartitionState;
  readonly log: Event[] = [];
  readonly graph: Graph;
  at = 1_700_000_000_000;
  private readonly loaded: LoadedDefinition;
  private sent = 0;

  constructor(
    definition: Definition,
    keyWindowMs = DAY_MS,
    private readonly limits: TenantLimits = LIMITS,
    /** False for an owner that never restarts: what it has in hand is what it goes on with. */
    private readonly isReread = true,
  ) {
    const compiled = compileDefinition(definition);
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems, null, 2));
    this.graph = compiled.graph;
    this.loaded = { definition, graph: compiled.graph };
    this.state = emptyPartition(keyWindowMs);
  }

  /** Makes a command as a service would. */
  command<T extends CommandType>(type: T, data: CommandData<T>, saying: Saying = {}): Command {
    this.sent += 1;
    const id = saying.id ?? `c-${this.sent}`;
    const rest = { run: 'run-1', time: this.at, correlationId: id, ...SENDER, ...saying, id };
    return commandOf(type, rest, data);
  }

  /** Sends a command and gives the events that came of it. */
  send<T extends CommandType>(type: T, data: CommandData<T>, saying: Saying = {}): Event[] {
    return this.handle(this.command(type, data, saying));
  }

  /** Decides a command and folds what comes of it. */
  handle(command: Command): Event[] {
    const { decoded: _, ...text } = encodeCommand(command);
    const read = this.isReread ? decodeCommand(text) : command;
    return this.decide((batch) => decideCommand(batch, read));
  }

  /** Starts a run of the workflow. */
  start(input: Json, saying: Saying = {}): Event[] {
    const { name, version } = this.graph.workflow;
    return this.send(
      'StartRun',
      { workflow: { name, version, hash: this.graph.hash }, input },
      saying,
    );
  }

  /** Answers the open attempt of a step. */
  complete(
    step: string,
    output: Json,
    saying: Saying & { attempt?: number; runner?: string } = {},
  ) {
    const { attempt = this.openAttempt(step, saying), runner = 'runner-1', ...rest } = saying;
    return this.send('CompleteAttempt', { step, attempt, runner, output }, rest);
  }

  /** Fails the open attempt of a step. */
  fail(step: string, code: string, retryable: boolean, saying: Saying & { runner?: string } = {}) {
    const { runner = 'runner-1', ...rest } = saying;
    const attempt = this.openAttempt(step, saying);
    const data = { step, attempt, runner, code, message: `${step} failed`, retryable };
    return this.send('FailAttempt', data, rest);
  }

  /** Lets time pass and fires what is due on the way, each at its moment. */
  advance(ms: number): Event[] {
    const until = this.at + ms;
    const events: Event[] = [];
    for (;;) {
      const due = this.state.timers.peek()?.dueAt;
      if (due === undefined || due > until) break;
      this.at = Math.max(this.at, due);
      events.push(...this.decide((batch) => void fireDueTimers(batch)));
    }
    this.at = until;
    return events;
  }

  /** The run as it stands. */
  run(run = 'run-1', tenant = SENDER.tenant): RunState {
    const key = `${tenant}/${run}`;
    const found = this.state.runs.get(key) ?? this.state.ended.get(key)?.run;
    if (found === undefined) throw new Error(`expected a run ${key}, found none`);
    return found;
  }

  /** The events of one type so far. */
  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.log.filter((event) => event.type === type) as unknown as EventOf<T>[];
  }

  /** The run folded anew from its events alone. */
  replayed(run = 'run-1', tenant = SENDER.tenant): RunState | undefined {
    return this.log
      .filter((event) => event.run === run && event.tenant === tenant && event.sequence > 0)
      .reduce<RunState | undefined>((state, event) => evolve(state, event as never), undefined);
  }

  private openAttempt(step: string, { run = 'run-1', tenant = SENDER.tenant }: Saying): number {
    const scheduled = this.of('AttemptScheduled').filter(
      (event) => event.run === run && event.tenant === tenant && event.data.step === step,
    );
    return scheduled[scheduled.length - 1]?.data.attempt ?? 1;
  }

  /** Decides a batch as a scheduler does: what waited for its turn has it in the same batch. */
  private decide(work: (batch: Batch) => void): Event[] {
    const events: Event[] = [];
    for (let next = work; ; next = () => undefined) {
      const batch = openBatch(0, this.state, this.at, (hash) => this.find(hash), this.limits);
      next(batch);
      startQueued(batch);
      batch.events.forEach(checkWords);
      events.push(...this.take(batch.events));
      if (!canStartQueued(this.state, this.limits)) return events;
    }
  }

  private find(hash: string): LoadedDefinition | undefined {
    return hash === this.graph.hash ? this.loaded : undefined;
  }

  /** Folds events as if they were confirmed. */
  take(events: readonly Event[]): Event[] {
    const read = this.isReread ? events.map(readAgain) : [...events];
    for (const event of read) fold(this.state, event);
    this.log.push(...read);
    for (const key of new Set(read.map(({ tenant, run }) => `${tenant}/${run}`))) {
      const run = this.state.runs.get(key);
      if (run !== undefined) checkCounters(run);
    }
    return read;
  }
}

/** What a run counts as its steps change must be what there is of them, counted anew. */
function checkCounters(run: RunState): void {
  const steps = [...stepsOf(run)];
  const finished = steps.filter(([id]) => isFinished(run, id)).length;
  const open = steps.filter(([, step]) => attemptAt(step) !== null).length;
  if (run.finished === finished && run.open === open) return;
  const found = `found ${run.finished} and ${run.open}`;
  throw new Error(`expected ${finished} steps finished and ${open} attempts open, ${found}`);
}

/** Milliseconds since 1970 near a test's clock, and names of runner processes. */
const OF_MACHINES = /(?<!\d)1[67]\d{11}(?!\d)|\brunner-[\w-]+/;

/** What an event says to people has moments as RFC 3339, and no names that machines give. */
function checkWords({ type, data }: Event): void {
  const { message, reason } = data as { readonly message?: unknown; readonly reason?: unknown };
  for (const words of [message, reason]) {
    const found = typeof words === 'string' ? OF_MACHINES.exec(words) : null;
    if (found !== null) throw new Error(`expected words for people in ${type}, found ${found[0]}`);
  }
}

/** The event as whoever was not there reads it: it must be the one that was decided. */
function readAgain(event: Event): Event {
  const { decoded: _, ...text } = encodeEvent(event);
  const read = decodeEvent(text);
  if (isDeepStrictEqual(read, event)) return read;
  throw new Error(`expected an event that its text gives back, found ${text.value}`);
}

/** Types of events, for short expectations. */
export function typesOf(events: readonly Event[]): string[] {
  return events.map(({ type }) => type);
}
