import {
  canStartQueued,
  decideCommand,
  emptyPartition,
  fireDueTimers,
  InvariantBroken,
  isFull,
  openBatch,
  quarantine,
  startQueued,
  type Batch,
  type PartitionState,
  quarantineUnreadable,
  type Subject,
} from '@fermata/core';
import type { LogPort, PartitionWriter, Reader, StoredRecord } from '@fermata/log';
import { Alarm } from './alarm';
import { Backlog, Workload } from './backlog';
import { decideOneByOne, type Alone } from './decide-alone';
import { DefinitionBroken, type DefinitionStore } from './definition-store';
import { intake, readAhead } from './intake';
import { positionAdvanced } from './owner-records';
import type { SchedulerConfig } from './scheduler.config';
import { takeOver, type Ownership } from './take-over';
import { traced } from './traced';

/**
 * The owner of one partition: read commands → decide → append → confirm, and fire timers between.
 * State changes only by folding what is confirmed; another decision leaves no trace.
 */
export class CommandLoop {
  private state: PartitionState;
  private reader: Reader | undefined;
  private stopped = false;
  /** Runs quarantined since the last success: the same failure on many is our own defect (R7). */
  private setAside = 0;
  private advancedAt = 0;
  /** The last command that was decided alone and lived through. */
  survived: number | undefined;

  constructor(
    private readonly log: LogPort,
    private readonly partition: number,
    private readonly definitions: DefinitionStore,
    private readonly config: SchedulerConfig,
    private readonly workload = new Workload(config),
  ) {
    this.state = emptyPartition(config.keyWindowMs);
  }

  /** Owns the partition until it is stopped; taken over by another owner, it claims again. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const owned = await takeOver(this.log, this.partition, this.config, this);
      if (owned !== null) await this.serve(owned);
      if (!this.stopped) await this.config.pause();
    }
  }

  /** Whether the loop was told to end. */
  get isStopped(): boolean {
    return this.stopped;
  }

  /** Ends the loop after the commit that is under way. */
  stop(): void {
    this.stopped = true;
    this.reader?.close();
  }

  private async serve(owned: Ownership): Promise<void> {
    this.state = owned.state;
    const unreadFrom = await this.log.end('commands', this.partition);
    const reader = await this.log.open('commands', this.partition, owned.writer.at.position);
    this.reader = reader;
    try {
      if (!(await this.decideOneByOne(owned, reader, unreadFrom))) return;
      await this.serveInTurns(owned, reader, unreadFrom);
    } finally {
      reader.close();
      await owned.restorePoints.stop();
    }
  }

  private async serveInTurns(owned: Ownership, reader: Reader, unreadFrom: number): Promise<void> {
    const { writer, restorePoints } = owned;
    const alarm = new Alarm(this.config.now);
    const backlog = new Backlog(this.workload, reader.next, unreadFrom);
    let next = readAhead(reader, this.config.readMax);
    try {
      while (!this.stopped && writer.isOwner) {
        const records = await this.wait(next, writer, backlog, alarm);
        if (records !== null) {
          if (!backlog.follow(reader.next)) return;
          next = readAhead(reader, this.config.readMax);
          await this.workload.solitude.share(() => this.takeIn(backlog, records));
        }
        const decide = () => this.decideSome(writer, backlog);
        if (!(await this.workload.solitude.share(decide))) return;
        restorePoints.offer(this.state, writer.at.position);
      }
    } finally {
      alarm.clear();
      backlog.drop();
      reader.close();
      await next.catch(() => undefined);
    }
  }

  /** Where owners ended one after another, finds out at which command they do. */
  private async decideOneByOne(
    { writer, caution }: Ownership,
    reader: Reader,
    unreadFrom: number,
  ): Promise<boolean> {
    if (!caution.isRaised) return true;
    const { log, partition, definitions, config, state } = this;
    const alone: Alone = {
      ...{ log, partition, definitions, config, state, writer, caution },
      decide: (batch, command) =>
        this.guarded(batch, command, () => decideCommand(batch, command, true)),
      survived: (offset) => void (this.survived = offset),
      isStopped: () => this.stopped,
    };
    return decideOneByOne(alone, reader, unreadFrom, this.workload.solitude);
  }

  /** Waits for commands or what is due; with work at hand it only looks what has come. */
  private async wait(
    next: Promise<readonly StoredRecord[]>,
    writer: PartitionWriter,
    backlog: Backlog,
    alarm: Alarm,
  ): Promise<readonly StoredRecord[] | null> {
    if (backlog.isFull) return null;
    const dueAt = backlog.dueAt(this.config.now());
    if (dueAt === 0 || canStartQueued(this.state, this.config)) return alarm.look(next);
    const timerAt = this.state.timers.peek()?.dueAt ?? Infinity;
    // What a quiet partition has read may be deleted one day: its position must not stay behind.
    const isBehind = backlog.position > writer.at.position;
    const advanceAt = isBehind ? this.advancedAt + this.config.advanceEveryMs : Infinity;
    return alarm.race(next, Math.min(timerAt, advanceAt, dueAt));
  }

  private async takeIn(backlog: Backlog, records: readonly StoredRecord[]): Promise<void> {
    const taken = await intake(this.log, this.partition, records);
    const commands = taken.map(({ command }) => command);
    await this.definitions.prepare(commands, this.state);
    backlog.add(taken, records.length === this.config.readMax, this.config.now());
  }

  /** Decides commands in turns, fires timers, starts what waited: as much as one append holds. */
  private async decideSome(writer: PartitionWriter, backlog: Backlog): Promise<boolean> {
    const now = this.config.now();
    const find = (hash: string) => this.definitions.find(hash, this.state);
    const isReady = this.definitions.readyIn(this.state, this.workload.solitude);
    const batch = openBatch(this.partition, this.state, now, find, this.config);
    for (const next of backlog.batch(now, this.config, isReady)) {
      const command = traced(next.command);
      this.guarded(batch, command, () => decideCommand(batch, command, next.mayBeRead));
      if (isFull(batch)) break;
    }
    fireDueTimers(batch, (...work) => this.guarded(batch, ...work));
    startQueued(batch, (...work) => this.guarded(batch, ...work));
    return this.commit(writer, batch, backlog.position);
  }

  /** Charges what it takes to its tenant, and quarantines a run that breaks an invariant (R7). */
  private guarded(batch: Batch, subject: Subject, work: () => void): void {
    const before = batch.steps;
    try {
      work();
      this.setAside = 0;
    } catch (error) {
      if (error instanceof DefinitionBroken)
        return quarantineUnreadable(batch, subject, error.message);
      if (!(error instanceof InvariantBroken)) throw error;
      this.setAside += 1;
      if (this.setAside > this.config.setAsideMax) throw error;
      quarantine(batch, subject, error.message);
    } finally {
      this.workload.shares.charge(subject.tenant, batch.steps - before);
    }
  }

  /**
   * Appends what was decided. A batch that decided nothing moves only the position, and that at
   * a limited rate: until then a restart reads the same commands again, to the same end.
   */
  private async commit(writer: PartitionWriter, batch: Batch, position: number): Promise<boolean> {
    const { records, at } = batch;
    if (records.length > 0) return writer.commit(records, position);
    const behind = position - writer.at.position;
    if (behind === 0 || at - this.advancedAt < this.config.advanceEveryMs) return true;
    this.advancedAt = at;
    return writer.commit([positionAdvanced(this.partition, at, this.config.owner)], position);
  }
}
