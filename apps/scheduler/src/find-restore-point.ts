import { decodeEvent, Fault } from '@fermata/contracts';
import { emptyPartition, restoredAt, restoreLine, type PartitionState } from '@fermata/core';
import { fenceOf, type FoldedTo, type LogPort } from '@fermata/log';
import { Logger } from '@nestjs/common';
import { hashOf, prefixOfRoots, readRoot, type Root } from './restore-point';

/** A partition's state at a place of its log, from which the fold goes on. */
export interface Restored {
  readonly state: PartitionState;
  readonly folded: FoldedTo;
}

const logger = new Logger('RestorePoint');

/**
 * The newest restore point that is whole: its pieces are all there and have the hashes that its
 * root names. Else an older one; else null, and the log is folded from its beginning.
 */
export async function findRestorePoint(
  log: LogPort,
  partition: number,
  keyWindowMs: number,
): Promise<Restored | null> {
  const stored = await log.listLatest(prefixOfRoots(partition));
  const roots = [...stored.values()]
    .flatMap((text) => readRoot(text) ?? [])
    .filter((root) => root.keyWindowMs === keyWindowMs)
    .sort(newestFirst);
  for (const root of roots) {
    await checkLogHas(log, partition, root);
    const state = await assemble(log, partition, root);
    if (state !== null) return { state, folded: { place: root.place, position: root.position } };
    const { epoch, place } = root;
    const found = `expected the restore point of epoch ${epoch}, seq ${place.seq} to be whole`;
    logger.warn(`partition ${partition}: ${found}, found it torn; an older one is taken`);
  }
  return null;
}

function newestFirst(a: Root, b: Root): number {
  return b.epoch - a.epoch || b.place.seq - a.place.seq;
}

/** A log that lost what a restore point was made of must stop its partition (rule R11). */
async function checkLogHas(
  log: LogPort,
  partition: number,
  { place: { offset, epoch, seq }, event }: Root,
): Promise<void> {
  const expected = `expected the log of partition ${partition} to hold epoch ${epoch}, seq ${seq}`;
  const end = await log.end('log', partition);
  if (end <= offset) {
    throw new Fault(
      'LOG_TRUNCATED',
      `${expected} at ${offset}, found its end at ${end}; restore it`,
    );
  }
  const reader = await log.open('log', partition, offset);
  try {
    const [record] = await reader.read(1);
    const fence = record?.offset === offset ? fenceOf(record) : null;
    const isIts = fence?.epoch === epoch && (fence.seq ?? seq) === seq;
    if (isIts && record !== undefined && decodeEvent(record).id === event) return;
    throw new Fault('LOG_TRUNCATED', `${expected} at ${offset}, found another record; restore it`);
  } finally {
    reader.close();
  }
}

/** The state that the pieces of a root give, or null when one is missing or another. */
async function assemble(
  log: LogPort,
  partition: number,
  { pieces, at, keyWindowMs }: Root,
): Promise<PartitionState | null> {
  const state = emptyPartition(keyWindowMs);
  const places = pieces.map(({ place }) => place);
  let rest = '';
  let read = 0;
  for await (const text of log.readParts(partition, places)) {
    if (text === null || hashOf(text) !== pieces[read]?.hash) return null;
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (!restoreAll(state, lines)) return null;
    read += 1;
  }
  if (read < pieces.length || rest !== '') return null;
  restoredAt(state, at);
  return state;
}

/** Takes lines over; one that this release can't read makes the restore point none of its own. */
function restoreAll(state: PartitionState, lines: readonly string[]): boolean {
  try {
    for (const line of lines) restoreLine(state, line);
    return true;
  } catch (error) {
    logger.warn(`expected the lines of a restore point, found one that can't be read: ${error}`);
    return false;
  }
}
