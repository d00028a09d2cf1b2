import { decodeEvent, encodeEvent, type Command, type Event } from '@fermata/contracts';
import {
  decideCommand,
  emptyPartition,
  fireDueTimers,
  fold,
  InvariantBroken,
  openBatch,
  quarantine,
  type Batch,
  type PartitionState,
  type Subject,
} from '@fermata/core';
import { PartitionWriter, type LogPort, type NewRecord, type Reader } from '@fermata/log';
import { SpanKind, spansAreOn, tellSpan } from '@fermata/service';
import type { DefinitionStore } from './definition-store';
import { intake } from './intake';
import type { SchedulerConfig } from './scheduler.config';
import { Alarm } from './alarm';

/**
 * The owner of one partition: read commands → decide → append → confirm, and fire timers between
 * them. State changes only by folding confirmed records; a decision that was not confirmed
 * leaves no trace.
 */
export class CommandLoop {
  private state: PartitionState;
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

  private async takeOver(): Promise<PartitionWriter | null> {
    this.state = emptyPartition(this.config.keyWindowMs);
    const { log, partition, config } = this;
    const onAccepted = (record: NewRecord): void => fold(this.state, decodeEvent(record));
    const { pause, resendsMax } = config;
    const writer = new PartitionWriter(log, partition, onAccepted, { pause, resendsMax });
    const nonce = config.nonce();
    return (await writer.claim((epoch) => this.claimOf(epoch, nonce))) ? writer : null;
  }

  private claimOf(epoch: number, nonce: string): NewRecord {
    const subject = `partition/${this.partition}`;
    return encodeEvent({
      id: `${subject}#claim-${epoch}-${nonce}`,
      tenant: null,
      run: subject,
      sequence: 0,
      at: Math.max(this.config.now(), this.state.at),
      causationId: nonce,
      correlationId: nonce,
      actor: this.config.owner,
      type: 'PartitionClaimed',
      data: { owner: this.config.owner, nonce, partitions: this.log.partitions },
    });
  }

  private async serve(writer: PartitionWriter): Promise<void> {
    const reader = await this.log.open('commands', this.partition, writer.at.position);
    this.reader = reader;
    const alarm = new Alarm(this.config.now);
    let next = reader.read(this.config.batchMax);
    let position = writer.at.position;
    try {
      while (!this.stopped && writer.isOwner) {
        const due = this.state.timers.peek()?.dueAt ?? null;
        const records = await alarm.race(next, due);
        if (records !== null) {
          if (records.length === 0) return;
          position = (records[records.length - 1]?.offset ?? position) + 1;
          next = reader.read(this.config.batchMax);
        }
        const commands = await intake(this.log, this.partition, records ?? []);
        await this.definitions.prepare(commands, this.state);
        if (!(await this.commit(writer, this.decide(commands), position))) return;
      }
    } finally {
      alarm.clear();
      reader.close();
      await next.catch(() => undefined);
    }
  }

  private decide(commands: readonly Command[]): Batch {
    const find = (hash: string) => this.definitions.find(hash, this.state);
    const batch = openBatch(this.partition, this.state, this.config.now(), find);
    for (const command of commands) {
      const traced = spansAreOn() ? inTrace(command) : command;
      this.guarded(batch, traced, () => decideCommand(batch, traced));
    }
    fireDueTimers(batch, (subject, work) => this.guarded(batch, subject, work));
    return batch;
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
    const { events, at } = batch;
    if (events.length === 0) {
      const behind = position - writer.at.position;
      if (behind === 0 || at - this.advancedAt < this.config.advanceEveryMs) return true;
      this.advancedAt = at;
      return writer.commit([encodeEvent(this.advanced(at))], position);
    }
    return writer.commit(events.map(encodeEvent), position);
  }

  private advanced(at: number): Event {
    const subject = `partition/${this.partition}`;
    return {
      id: `${subject}#advanced-${at}`,
      tenant: null,
      run: subject,
      sequence: 0,
      at,
      causationId: this.config.owner,
      correlationId: this.config.owner,
      actor: this.config.owner,
      type: 'PositionAdvanced',
      data: {},
    };
  }
}

/** The command with a span of its decision in its trace, which its events hand on. */
function inTrace(command: Command): Command {
  const { type, run, traceparent: parent } = command;
  const attributes = { 'fermata.run': run, 'fermata.command': type };
  const traceparent = tellSpan(`decide ${type}`, { kind: SpanKind.CONSUMER, parent, attributes });
  return traceparent === undefined ? command : { ...command, traceparent };
}
