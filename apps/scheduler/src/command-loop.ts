import { decodeEvent } from '@fermata/contracts';
import {
  canStartQueued,
  decideCommand,
  emptyPartition,
  fireDueTimers,
  fold,
  InvariantBroken,
  isFull,
  openBatch,
  quarantine,
  startQueued,
  type Batch,
  type Guard,
  type PartitionState,
  type Subject,
} from '@fermata/core';
import {
  PartitionWriter,
  type LogPort,
  type OnAccepted,
  type Reader,
  type StoredRecord,
} from '@fermata/log';
import { Alarm } from './alarm';
import { Backlog, Workload } from './backlog';
import type { DefinitionStore } from './definition-store';
import { findRestorePoint } from './find-restore-point';
import { intake, readAhead } from './intake';
import { partitionClaimed, positionAdvanced } from './owner-records';
import { RestoreWriter } from './restore-writer';
import type { SchedulerConfig } from './scheduler.config';
import { traced } from './traced';

/**
 * The owner of one partition: read commands → decide → append → confirm, and fire timers between
 * them. State changes only by folding confirmed records; a decision that was not confirmed
 * leaves no trace.
 */
export class CommandLoop {
  private state: PartitionState;
  private restorePoints: RestoreWriter;
  private reader: Reader | undefined;
  private stopped = false;
  /** Runs put aside since the last success: the same failure on many is our own defect (R7). */
  private setAside = 0;
  private advancedAt = 0;

  constructor(
    private readonly log: LogPort,
    private readonly partition: number,
    private readonly definitions: DefinitionStore,
    private readonly config: SchedulerConfig,
    private readonly workload = new Workload(config),
  ) {
    this.state = emptyPartition(config.keyWindowMs);
    this.restorePoints = new RestoreWriter(log, partition, config);
  }

  /** Owns the partition until it is stopped; taken over by another owner, it claims again. */
  async run(): Promise<void> {
    while (!this.stopped) {
      const writer = await this.takeOver();
      if (writer !== null) await this.serve(writer);
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

  /** Takes up the newest restore point, folds the log from there to its end, and claims it. */
  private async takeOver(): Promise<PartitionWriter | null> {
    const { log, partition, config } = this;
    const restored = await findRestorePoint(log, partition, config.keyWindowMs);
    const restorePoints = new RestoreWriter(log, partition, config);
    const state = restored?.state ?? emptyPartition(config.keyWindowMs);
    this.restorePoints = restorePoints;
    this.state = state;
    const onAccepted: OnAccepted = (record, place) => {
      const event = decodeEvent(record);
      fold(state, event);
      restorePoints.note(event, place);
    };
    const { pause, resendsMax } = config;
    const options = { pause, resendsMax };
    const writer = new PartitionWriter(log, partition, onAccepted, options, restored?.folded);
    const nonce = config.nonce();
    const claimOf = (epoch: number) =>
      partitionClaimed({ partition, epoch, nonce, config, at: this.state.at, of: log.partitions });
    return (await writer.claim(claimOf)) ? writer : null;
  }

  private async serve(writer: PartitionWriter): Promise<void> {
    const unreadFrom = await this.log.end('commands', this.partition);
    const reader = await this.log.open('commands', this.partition, writer.at.position);
    this.reader = reader;
    const alarm = new Alarm(this.config.now);
    const backlog = new Backlog(this.workload, writer.at.position, unreadFrom);
    let next = readAhead(reader, this.config.readMax);
    try {
      while (!this.stopped && writer.isOwner) {
        const records = await this.wait(next, writer, backlog, alarm);
        if (records !== null) {
          if (!backlog.follow(reader.next)) return;
          next = readAhead(reader, this.config.readMax);
          await this.takeIn(backlog, records);
        }
        if (!(await this.decideSome(writer, backlog))) return;
        this.restorePoints.offer(this.state, writer.at.position);
      }
    } finally {
      alarm.clear();
      backlog.drop();
      reader.close();
      await this.restorePoints.stop();
      await next.catch(() => undefined);
    }
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
    const batch = openBatch(this.partition, this.state, now, find, this.config);
    for (const next of backlog.batch(now, this.config)) {
      const command = traced(next.command);
      this.guarded(batch, command, () => decideCommand(batch, command, next.mayBeRead));
      if (isFull(batch)) break;
    }
    const guard: Guard = (subject, work) => this.guarded(batch, subject, work);
    fireDueTimers(batch, guard);
    startQueued(batch, guard);
    return this.commit(writer, batch, backlog.position);
  }

  /** Puts a run aside that breaks an invariant; many in a row are our own defect (rule R7). */
  private guarded(batch: Batch, subject: Subject, work: () => void): void {
    try {
      work();
      this.setAside = 0;
    } catch (error) {
      if (!(error instanceof InvariantBroken)) throw error;
      this.setAside += 1;
      if (this.setAside > this.config.setAsideMax) throw error;
      quarantine(batch, subject, error.message);
    }
  }

  /**
   * Appends what was decided. A batch that decided nothing moves only the position, and that at
   * a limited rate: until then a restart reads the same commands again, to the same end.
   */
  private async commit(writer: PartitionWriter, batch: Batch, position: number): Promise<boolean> {
    const { records, at } = batch;
    if (records.length === 0) {
      const behind = position - writer.at.position;
      if (behind === 0 || at - this.advancedAt < this.config.advanceEveryMs) return true;
      this.advancedAt = at;
      return writer.commit([positionAdvanced(this.partition, at, this.config.owner)], position);
    }
    return writer.commit(records, position);
  }
}
