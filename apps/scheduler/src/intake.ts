import {
  decodeCommand,
  encodeCommand,
  Fault,
  LIMITS,
  partitionOf,
  recordKey,
  shorten,
  type Command,
} from '@fermata/contracts';
import type { LogPort, Reader, StoredRecord } from '@fermata/log';
import { checkText } from './check-text';

/** A command that was understood, and where it stands. */
export interface Taken {
  readonly command: Command;
  readonly offset: number;
  /** Characters of its text: what it costs to hold it, about. */
  readonly size: number;
}

/**
 * Reads while a commit is under way: of a read that fails meanwhile its awaiter hears later. It
 * also ends when the reader passed over what is no record, and the position can move past that.
 */
export function readAhead(reader: Reader, max: number): Promise<readonly StoredRecord[]> {
  const next = reader.read(max, reader.next + 1);
  next.catch(() => undefined);
  return next;
}

/**
 * Reads a batch of records as commands. What can't be understood becomes a dead letter with its
 * bytes, and what came to the wrong partition is sent on; all of it is stored before the append
 * that moves the position past it, so that nothing is lost, and at once, so that thousands of bad
 * records hold up nobody for long.
 */
export async function intake(
  log: LogPort,
  partition: number,
  records: readonly StoredRecord[],
): Promise<Taken[]> {
  // All are called in order, and the log keeps the order of calls: so does what is sent on.
  const taken = await Promise.all(records.map((record) => takeOne(log, partition, record)));
  return taken.filter((one) => one !== null);
}

async function takeOne(
  log: LogPort,
  partition: number,
  record: StoredRecord,
): Promise<Taken | null> {
  const command = understood(record);
  if (command instanceof Fault) {
    await storeDeadLetter(log, record, command.code, command.message);
    return null;
  }
  if (isHome(command, partition, log.partitions)) {
    return { command, offset: record.offset, size: record.value.length };
  }
  await sendOn(log, command, record);
  return null;
}

/** Whether a partition is the one that the command's run lives in. */
export function isHome({ tenant, run }: Command, partition: number, partitions: number): boolean {
  return partitionOf(recordKey(tenant, run), partitions) === partition;
}

/** Reads a record as a command, or says what it is not. */
export function understood(record: StoredRecord): Command | Fault {
  try {
    checkText(record);
    return decodeCommand(record);
  } catch (error) {
    // Anything else than a fault is a defect of ours: it must stop the partition, not be skipped.
    if (!(error instanceof Fault)) throw error;
    return error;
  }
}

/** Sends a command to its own partition, once: a second wrong turn makes it a dead letter. */
async function sendOn(log: LogPort, command: Command, record: StoredRecord): Promise<void> {
  const hops = command.hops ?? 0;
  if (hops > 0) {
    const found = `expected command ${command.id} on its own partition after one hop`;
    await storeDeadLetter(
      log,
      record,
      'COMMAND_MALFORMED',
      `${found}, found it here; check its key`,
    );
    return;
  }
  await log.send([encodeCommand({ ...command, hops: 1 })]);
}

async function storeDeadLetter(
  log: LogPort,
  record: StoredRecord,
  code: string,
  reason: string,
): Promise<void> {
  const { partition, offset } = record;
  const said = shorten(reason, LIMITS.reasonCharsMax);
  await log.putDeadLetter({ topic: 'commands', partition, offset, code, reason: said, record });
}
