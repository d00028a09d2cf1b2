import { endsRun, type Event, type EventOf } from '@fermata/contracts';
import { ORIGIN, type LogPort, type Place } from '@fermata/log';
import { ConsumesLog, type EventBatch } from '@fermata/service';
import { Controller, Inject, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { Attempt, type RunnerTools } from './attempt';
import { allOf, closeAll, put, remove, runOf, type Attempts } from './attempts';
import { RUNNER_GROUP, type Pool } from './pool';

/** Injection token of what an attempt needs of its runner. */
export const RUNNER_TOOLS = Symbol('RUNNER_TOOLS');
/** Injection token of the pool that a runner belongs to. */
export const RUNNER_POOL = Symbol('RUNNER_POOL');

const SAVE_EVERY_MS = 1_000;

/** What the loop knows of one partition. */
interface Partition {
  readonly open: Attempts;
  /** What was under way when reading broke off, until the log tells of it again. */
  underWay: Attempts;
  /** Effects in doubt: their own late answer may still settle them, so they are not aborted yet. */
  readonly doubtful: Attempts;
  /** The log's end when we began: nothing is performed before all of it was read. */
  readonly startedAtEnd: number;
  place: Place;
  caughtUp: boolean;
  savedAt: number;
}

/**
 * Folds the log into the attempts that are open and performs them. What this process held when it
 * died is told by the log: attempts still open are performed again, unless another process may
 * be at work on them.
 */
@Controller()
export class AttemptLoop {
  private readonly logger = new Logger('AttemptLoop');
  private readonly partitions = new Map<number, Partition>();
  private readonly log: LogPort;

  constructor(
    @Inject(RUNNER_TOOLS) private readonly tools: RunnerTools,
    @Inject(RUNNER_POOL) private readonly pool: Pool,
  ) {
    this.log = tools.log;
  }

  /** Where reading begins: at the oldest attempt that was open when the place was saved. */
  async startPlace(partition: number): Promise<Place> {
    const place = (await this.log.committedPlace(this.pool.group, partition)) ?? ORIGIN;
    const startedAtEnd = await this.log.end('log', partition);
    // Read again after a break: what is under way goes on, and is begun no second time.
    const underWay: Attempts = new Map();
    for (const attempt of this.attemptsOf(partition)) put(underWay, attempt);
    const none: Attempts = new Map();
    const doubtful = this.partitions.get(partition)?.doubtful ?? none;
    const begun = { startedAtEnd, place, caughtUp: false, savedAt: 0 };
    const fresh = { open: new Map(), underWay, doubtful, ...begun };
    this.partitions.set(partition, fresh);
    this.catchUp(fresh);
    return place;
  }

  @ConsumesLog(RUNNER_GROUP)
  async consume(@Payload() batch: EventBatch): Promise<void> {
    const partition = this.partitions.get(batch.partition);
    if (partition === undefined) return;
    const scheduled: Attempt[] = [];
    for (const { event, place } of batch.entries) {
      const attempt = this.fold(partition, event);
      if (attempt !== null) scheduled.push(attempt);
      partition.place = place;
    }
    partition.place = batch.place;
    if (partition.caughtUp) for (const attempt of scheduled) this.begin(attempt);
    else this.catchUp(partition);
    await this.save(batch.partition, partition);
  }

  /** Stops performing, and gives back what it has begun, so that nobody waits for a lease. */
  async stop(): Promise<void> {
    await Promise.all([...this.partitions.keys()].map((number) => this.release(number)));
  }

  /** Another process performs what is open on this partition from now on. */
  async release(number: number): Promise<void> {
    const held = this.attemptsOf(number);
    const doubtful = allOf(this.partitions.get(number)?.doubtful);
    this.partitions.delete(number);
    const given = held.map((attempt) => attempt.release()).filter((command) => command !== null);
    for (const attempt of [...held, ...doubtful]) attempt.close();
    // What can't be said is told by the end of the lease.
    if (given.length > 0) await this.log.send(given).catch(() => undefined);
  }

  private attemptsOf(number: number): Attempt[] {
    const { open, underWay } = this.partitions.get(number) ?? {};
    return [...allOf(open), ...allOf(underWay)];
  }

  private catchUp(partition: Partition): void {
    if (partition.place.offset + 1 < partition.startedAtEnd) return;
    partition.caughtUp = true;
    for (const attempt of allOf(partition.underWay)) attempt.close();
    partition.underWay = new Map();
    for (const attempt of allOf(partition.open)) this.begin(attempt);
  }

  private begin(attempt: Attempt): void {
    const { run, data } = attempt.task;
    attempt.begin().catch((error: unknown) => {
      this.logger.error(`attempt ${run}/${data.step}/${data.attempt} gave no answer: ${error}`);
    });
  }

  /** Folds one event; gives the attempt that it opened. */
  private fold(partition: Partition, event: Event): Attempt | null {
    const run = runOf(event);
    if (endsRun(event)) {
      closeAll(partition.open, run);
      closeAll(partition.doubtful, run);
      return null;
    }
    switch (event.type) {
      case 'AttemptScheduled':
        return this.open(partition, run, event);
      case 'AttemptClaimed':
      case 'EffectIntended': {
        const { step, runner, leaseUntil } = event.data;
        const isEffect = event.type === 'EffectIntended';
        partition.open.get(run)?.get(step)?.claimed(runner, leaseUntil, isEffect);
        return null;
      }
      case 'StepCompleted':
      case 'StepFailed':
      case 'AttemptFailed':
        remove(partition.open, run, event.data.step)?.close();
        remove(partition.doubtful, run, event.data.step)?.close();
        return null;
      case 'GateOpened':
        this.doubt(partition, remove(partition.open, run, event.data.step));
        return null;
      default:
        return null;
    }
  }

  private open(
    partition: Partition,
    run: string,
    event: EventOf<'AttemptScheduled'>,
  ): Attempt | null {
    // What another pool performs is left to it; what nobody performs ends by its deadline.
    if (!this.pool.serves(event.data.agent.name)) return null;
    const { step } = event.data;
    const known = remove(partition.underWay, run, step) ?? remove(partition.doubtful, run, step);
    const isSame = known?.task.id === event.id;
    if (!isSame) known?.close();
    const attempt = isSame ? known : new Attempt(event, partition.place, this.tools);
    put(partition.open, attempt);
    return attempt;
  }

  /** A gate over an attempt asks whether its effect happened. */
  private doubt(partition: Partition, attempt: Attempt | undefined): void {
    if (attempt === undefined) return;
    attempt.doubt();
    put(partition.doubtful, attempt);
  }

  /** Saves the place before the oldest open attempt, at a limited rate: a hint for a restart. */
  private async save(number: number, partition: Partition): Promise<void> {
    const now = Date.now();
    if (now - partition.savedAt < SAVE_EVERY_MS) return;
    partition.savedAt = now;
    let oldest = partition.place;
    for (const { before } of this.attemptsOf(number)) {
      if (before.offset < oldest.offset) oldest = before;
    }
    await this.log.commitPlace(this.pool.group, number, oldest);
  }
}
