import type { Command } from '@fermata/contracts';
import {
  InvariantBroken,
  openBatch,
  refuseUndecidable,
  type Batch,
  type PartitionState,
} from '@fermata/core';
import type { LogPort, PartitionWriter, Reader, StoredRecord } from '@fermata/log';
import type { Caution } from './caution';
import type { DefinitionStore } from './definition-store';
import { intake, isHome, readAhead, understood } from './intake';
import { positionAdvanced } from './owner-records';
import type { SchedulerConfig } from './scheduler.config';
import type { Solitude } from './solitude';

/** What a command is decided alone with. */
export interface Alone {
  readonly log: LogPort;
  readonly partition: number;
  readonly writer: PartitionWriter;
  readonly state: PartitionState;
  readonly definitions: DefinitionStore;
  readonly config: SchedulerConfig;
  readonly caution: Caution;
  /** Decides a command in a batch. */
  decide(batch: Batch, command: Command): void;
  /** Hears that the process has lived through the command at this offset. */
  survived(offset: number): void;
  isStopped(): boolean;
}

/**
 * Decides what earlier owners may have read one by one, each said on the log before, until it is
 * known at which of them they end. False when the partition is another's by now, or is to be left.
 */
export async function decideOneByOne(
  alone: Alone,
  reader: Reader,
  unreadFrom: number,
  solitude: Solitude,
): Promise<boolean> {
  while (reader.next < unreadFrom) {
    const from = reader.next;
    const [record] = await readAhead(reader, 1);
    if (alone.isStopped() || reader.next === from) return false;
    // What ends a transaction takes an offset and is no record.
    if (record === undefined) continue;
    if (!(await solitude.keep(() => decideAlone(alone, record, reader.next)))) return false;
  }
  return true;
}

/**
 * Decides one command by itself, and says so on the log before: should the process end meanwhile,
 * the next owner knows at what. A command at which owners ended again and again becomes a dead
 * letter, with its bytes and the reason, and refused. False when the partition is another's by now.
 */
async function decideAlone(alone: Alone, record: StoredRecord, position: number): Promise<boolean> {
  const { writer, partition, config, state } = alone;
  const { offset } = record;
  const at = Math.max(config.now(), state.at);
  const said = positionAdvanced(partition, at, config.owner, offset);
  const care = alone.caution.careFor(offset);
  if (!(await writer.commit([said], writer.at.position))) return false;
  const find = (hash: string) => alone.definitions.find(hash, state);
  const batch = openBatch(partition, state, config.now(), find, config);
  try {
    if (care.kind === 'dead-letter') await storeDeadLetter(alone, batch, record, care);
    else await decideIn(alone, batch, record);
  } catch (error) {
    // Any other error says nothing of the command: a log that is away, an invariant of ours.
    if (!(error instanceof DecisionFailed)) alone.survived(offset);
    throw error;
  }
  alone.survived(offset);
  const moved = positionAdvanced(partition, batch.at, config.owner);
  return writer.commit(batch.records.length > 0 ? batch.records : [moved], position);
}

/** What a decision threw. A broken invariant is not one: that quarantines runs, or stops us. */
class DecisionFailed extends Error {
  override readonly name = 'DecisionFailed';
}

async function decideIn(alone: Alone, batch: Batch, record: StoredRecord): Promise<void> {
  const taken = await intake(alone.log, alone.partition, [record]);
  const commands = taken.map(({ command }) => command);
  await alone.definitions.prepare(commands, alone.state);
  for (const command of commands) {
    try {
      alone.decide(batch, command);
    } catch (cause) {
      if (cause instanceof InvariantBroken) throw cause;
      throw new DecisionFailed(`the decision on command ${command.id} failed: ${cause}`, { cause });
    }
  }
}

async function storeDeadLetter(
  { log, partition }: Alone,
  batch: Batch,
  record: StoredRecord,
  { owners, unread }: { readonly owners: number; readonly unread: boolean },
): Promise<void> {
  const { offset } = record;
  const code = 'COMMAND_UNDECIDABLE';
  const found = `expected a decision on the command at offset ${offset} of partition ${partition}`;
  const reason = `${found}, found that ${owners} owners ended while each decided it alone`;
  await log.putDeadLetter({ topic: 'commands', partition, offset, code, reason, record });
  if (unread) return;
  const command = understood(record);
  // Of a run that lives elsewhere this log has nothing to say: its letter is the answer.
  if (command instanceof Error || !isHome(command, partition, log.partitions)) return;
  refuseUndecidable(batch, command, `${reason}; change it`);
}
