import {
  commandOf,
  decodeEvent,
  encodeCommand,
  type Command,
  type CommandData,
  type CommandType,
  type Definition,
  type Event,
  type EventOf,
  type EventType,
  type Json,
} from '@fermata/contracts';
import { definitionHash, emptyPartition, fold, openBatch, quarantine } from '@fermata/core';
import { deploy } from '@fermata/gateway';
import { AcceptedReader, ORIGIN, PartitionWriter, type LogPort } from '@fermata/log';
import {
  CommandLoop,
  DefinitionStore,
  schedulerConfig,
  type SchedulerConfig,
} from '@fermata/scheduler';
import { encodeClaim } from './claim';

/** The one partition that a story is told on. */
const PARTITION = 0;
const RESTORE_EVERY_EVENTS = 7;
/** Of whom a gate may ask: the script decides for all of them. */
const GROUPS = ['reviewers', 'operators', 'seniors', 'underwriters'];

/** What a story says of a command beside its data. */
export interface Saying {
  readonly id?: string;
  readonly tenant?: string;
  readonly run: string;
  readonly actor?: string;
}

/** Plays a story: schedulers own the partition one after another, and a script sends commands. */
export class Stage {
  readonly events: Event[] = [];
  private readonly waiting = new Set<() => void>();
  private readonly hashes = new Map<string, string>();
  private readonly answered = new Set<string>();
  private owners = 0;
  private sent = 0;
  private owner: { loop: CommandLoop; ended: Promise<void> } | null = null;
  private reader: AcceptedReader | null = null;

  constructor(
    readonly log: LogPort,
    readonly keyWindowMs: number,
  ) {}

  /** Follows the log, as every reader does. */
  async follow(): Promise<void> {
    const reader = await AcceptedReader.open(this.log, PARTITION, ORIGIN);
    this.reader = reader;
    void (async () => {
      for (let batch = await reader.next(1_000); batch !== null; batch = await reader.next(1_000)) {
        this.events.push(...batch.records.map(({ record }) => decodeEvent(record)));
        for (const wake of this.waiting) wake();
      }
    })();
  }

  async close(): Promise<void> {
    await this.rest();
    this.reader?.close();
  }

  /** A scheduler takes the partition over; its predecessor was stopped. */
  async own(said: Partial<SchedulerConfig> = {}): Promise<void> {
    await this.rest();
    this.owners += 1;
    const name = `service:scheduler/${this.owners}`;
    const { keyWindowMs } = this;
    const config = schedulerConfig({
      owner: name,
      nonce: () => name,
      keyWindowMs,
      advanceEveryMs: 200,
      restoreEveryEvents: RESTORE_EVERY_EVENTS,
      ...said,
    });
    const loop = new CommandLoop(this.log, PARTITION, new DefinitionStore(this.log), config);
    this.owner = { loop, ended: loop.run() };
    const claims = this.of('PartitionClaimed').length;
    await this.until(() => this.of('PartitionClaimed').length > claims);
  }

  /** The owner ends; nobody owns the partition until the next one. */
  async rest(): Promise<void> {
    this.owner?.loop.stop();
    await this.owner?.ended;
    this.owner = null;
  }

  /**
   * An owner of its own that quarantines a run, as one does in which the run broke an invariant:
   * no input is known that does it.
   */
  async quarantine(tenant: string, run: string, message: string): Promise<void> {
    await this.rest();
    const state = emptyPartition(this.keyWindowMs);
    const options = { pause: () => sleep(50), resendsMax: 5 };
    const { log } = this;
    const onAccepted = (record: Parameters<typeof decodeEvent>[0]) =>
      fold(state, decodeEvent(record));
    const writer = new PartitionWriter(log, PARTITION, onAccepted, options);
    if (!(await writer.claim((epoch) => encodeClaim(epoch, Date.now())))) throw new Error('fenced');
    const batch = openBatch(PARTITION, state, Date.now(), () => undefined);
    const broken = this.command('PauseRun', { reason: 'it broke at this' }, { tenant, run });
    quarantine(batch, broken, message);
    if (!(await writer.commit(batch.records, writer.at.position))) throw new Error('fenced');
  }

  async deploy(...definitions: readonly Definition[]): Promise<void> {
    for (const definition of definitions) {
      const { name, hash } = await deploy(this.log, 'acme', definition, true);
      this.hashes.set(name, hash);
      if (hash !== definitionHash(definition)) throw new Error(`expected the hash of ${name}`);
    }
  }

  /** Makes a command as a service would. */
  command<T extends CommandType>(type: T, data: CommandData<T>, saying: Saying): Command {
    this.sent += 1;
    const { tenant = 'acme', run, actor = 'user:asha', id = `c-${this.sent}` } = saying;
    const said = { source: 'golden', time: Date.now(), correlationId: id, id, tenant, run, actor };
    return commandOf(type, said, data);
  }

  async send<T extends CommandType>(
    type: T,
    data: CommandData<T>,
    saying: Saying,
  ): Promise<Command> {
    const command = this.command(type, data, saying);
    await this.log.send([encodeCommand(command)]);
    return command;
  }

  /** Starts a run and waits until its start is on the log, or the refusal. */
  async start(workflow: string, saying: Saying, input: Json = {}): Promise<void> {
    const hash = this.hashes.get(workflow);
    if (hash === undefined) throw new Error(`expected ${workflow} to be deployed`);
    const named = { name: workflow, version: '1.0.0', hash };
    const before = this.events.length;
    const { id } = await this.send('StartRun', { workflow: named, input }, saying);
    await this.until(() => this.events.slice(before).some((event) => event.causationId === id));
  }

  async complete(run: string, step: string, output: Json, runner = 'runner-1'): Promise<void> {
    const { tenant, attempt } = await this.attempt(run, step);
    await this.send('CompleteAttempt', { step, attempt, runner, output }, { tenant, run });
  }

  /** Answers the attempt of a run that was scheduled first and has no answer yet. */
  async answerNext(run: string, output: Json): Promise<void> {
    const next = () =>
      this.of('AttemptScheduled').find((one) => one.run === run && !this.answered.has(one.id));
    await this.until(() => next() !== undefined);
    const { id, tenant, data } = next() as EventOf<'AttemptScheduled'>;
    this.answered.add(id);
    const { step, attempt } = data;
    const said = { step, attempt, runner: 'runner-1', output };
    await this.send('CompleteAttempt', said, { tenant: tenant ?? '', run });
  }

  async fail(run: string, step: string, code: string, retryable: boolean): Promise<void> {
    const { tenant, attempt } = await this.attempt(run, step);
    const said = { code, message: `${step} failed`, retryable };
    const data = { step, attempt, runner: 'runner-1', ...said };
    await this.send('FailAttempt', data, { tenant, run });
  }

  async decide(
    run: string,
    data: Pick<CommandData<'DecideGate'>, 'decision' | 'data' | 'reason'>,
    number = 1,
  ): Promise<void> {
    const opened = await this.event(run, 'GateOpened', number);
    const said = { approver: 'user:ravi', groups: GROUPS, ...data };
    const command = { gate: opened.data.gate, ...said };
    await this.send('DecideGate', command, { tenant: opened.tenant ?? '', run });
    await this.event(run, 'GateDecided', number);
  }

  /** The newest attempt of a step, once one is scheduled. */
  async attempt(run: string, step: string, number = 1) {
    const of = () =>
      this.of('AttemptScheduled').filter((event) => event.run === run && event.data.step === step);
    await this.until(() => (of().at(-1)?.data.attempt ?? 0) >= number);
    const last = of().at(-1);
    return { tenant: last?.tenant ?? 'acme', attempt: last?.data.attempt ?? number };
  }

  /** The n-th event of a type of a run, once it is there. */
  async event<T extends EventType>(run: string, type: T, number = 1): Promise<EventOf<T>> {
    const of = () => this.of(type).filter((event) => event.run === run);
    await this.until(() => of().length >= number);
    return of()[number - 1] as EventOf<T>;
  }

  of<T extends EventType>(type: T): EventOf<T>[] {
    return this.events.filter((event) => event.type === type) as unknown as EventOf<T>[];
  }

  async until(wanted: () => boolean): Promise<void> {
    const giveUpAt = Date.now() + 30_000;
    while (!wanted()) {
      if (Date.now() > giveUpAt) throw new Error(`expected more of ${this.told()}`);
      await Promise.race([new Promise<void>((resolve) => this.waiting.add(resolve)), sleep(1_000)]);
      this.waiting.clear();
    }
  }

  private told(): string {
    const lines = this.events.map(
      ({ run, type, data }) => `${run} ${type} ${JSON.stringify(data)}`,
    );
    return lines.slice(-12).join('\n');
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
