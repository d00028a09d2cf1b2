import { decodeEvent, type Command } from '@fermata/contracts';
import {
  decideCommand,
  emptyPartition,
  fireDueTimers,
  fold,
  InvariantBroken,
  isFull,
  openBatch,
  quarantine,
  type Batch,
  type PartitionState,
  type Subject,
} from '@fermata/core';
import { PartitionWriter, type LogPort, type OnAccepted, type Reader } from '@fermata/log';
import { SpanKind, spansAreOn, tellSpan } from '@fermata/service';
import type { DefinitionStore } from './definition-store';
import { findRestorePoint } from './find-restore-point';
import { intake, readAhead, type Taken } from './intake';
import { partitionClaimed, positionAdvanced } from './owner-records';
import { RestoreWriter } from './restore-writer';
import type { SchedulerConfig } from './scheduler.config';
import { Alarm } from './alarm';

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
    const reader = await this.log.open('commands', this.partition, writer.at.position);
    this.reader = reader;
    const alarm = new Alarm(this.config.now);
    let next = readAhead(reader, this.config.batchMax);
    let position = writer.at.position;
    try {
      while (!this.stopped && writer.isOwner) {
        const due = this.state.timers.peek()?.dueAt ?? null;
        const records = await alarm.race(next, due);
        if (records !== null) {
          if (records.length === 0) return;
          position = (records[records.length - 1]?.offset ?? position) + 1;
          next = readAhead(reader, this.config.batchMax);
        }
        const taken = await intake(this.log, this.partition, records ?? []);
        await this.definitions.prepare(
          taken.map(({ command }) => command),
          this.state,
        );
        if (!(await this.decideAll(writer, taken, position))) return;
        this.restorePoints.offer(this.state, writer.at.position);
      }
    } finally {
      alarm.clear();
      reader.close();
      await this.restorePoints.stop();
      await next.catch(() => undefined);
    }
  }

  /** Decides commands and fires timers, in as many appends as their bytes ask for. */
  private async decideAll(
    writer: PartitionWriter,
    taken: readonly Taken[],
    position: number,
  ): Promise<boolean> {
    for (let rest = taken; ; ) {
      const batch = this.openBatch();
      const decided = this.decideUntilFull(batch, rest);
      rest = rest.slice(decided);
      const [next] = rest;
      if (next === undefined) {
        fireDueTimers(batch, (subject, work) => this.guarded(batch, subject, work));
      }
      if (!(await this.commit(writer, batch, next?.offset ?? position))) return false;
      if (next === undefined) return true;
    }
  }

  private openBatch(): Batch {
    const find = (hash: string) => this.definitions.find(hash, this.state);
    return openBatch(this.partition, this.state, this.config.now(), find);
  }

  /** Decides commands until the batch holds enough for one append; says how many. */
  private decideUntilFull(batch: Batch, taken: readonly Taken[]): number {
    for (const [index, { command }] of taken.entries()) {
      if (isFull(batch)) return index;
      const traced = spansAreOn() ? inTrace(command) : command;
      this.guarded(batch, traced, () => decideCommand(batch, traced));
    }
    return taken.length;
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

/** The command with a span of its decision in its trace, which its events hand on. */
function inTrace(command: Command): Command {
  const { type, run, traceparent: parent } = command;
  const attributes = { 'fermata.run': run, 'fermata.command': type };
  const traceparent = tellSpan(`decide ${type}`, { kind: SpanKind.CONSUMER, parent, attributes });
  return traceparent === undefined ? command : { ...command, traceparent };
}
