import { decodeEvent } from '@fermata/contracts';
import { emptyPartition, fold, type PartitionState } from '@fermata/core';
import { fenceOf, PartitionWriter, type LogPort, type OnAccepted } from '@fermata/log';
import { Caution } from './caution';
import { findRestorePoint } from './find-restore-point';
import { partitionClaimed } from './owner-records';
import { RestoreWriter } from './restore-writer';
import type { SchedulerConfig } from './scheduler.config';

/** What an owner has of its partition: all of it changes only by what the log confirms. */
export interface Ownership {
  readonly writer: PartitionWriter;
  readonly state: PartitionState;
  readonly caution: Caution;
  readonly restorePoints: RestoreWriter;
}

/** What a process that takes a partition over says of itself. */
export interface Claimant {
  /** Offset of the last command that it decided alone and lived through. */
  readonly survived: number | undefined;
  readonly isStopped: boolean;
}

/**
 * Takes up the newest restore point, folds the log from there to its end, and claims the partition.
 * Null when another's claim came first, or when the claimant is to stop.
 */
export async function takeOver(
  log: LogPort,
  partition: number,
  config: SchedulerConfig,
  claimant: Claimant,
): Promise<Ownership | null> {
  const restored = await findRestorePoint(log, partition, config.keyWindowMs);
  const state = restored?.state ?? emptyPartition(config.keyWindowMs);
  const caution = new Caution(restored?.folded.position ?? 0);
  const restorePoints = new RestoreWriter(log, partition, config);
  let hasFolded = false;
  const onAccepted: OnAccepted = (record, place) => {
    if (!hasFolded && claimant.isStopped) throw new ToldToStop();
    const event = decodeEvent(record);
    fold(state, event);
    caution.note(event, fenceOf(record).position);
    restorePoints.note(event, place);
  };
  const { pause, resendsMax } = config;
  const onlooker = config.lookOn?.(partition);
  const options = { pause, resendsMax, judged: onlooker?.judged };
  const writer = new PartitionWriter(log, partition, onAccepted, options, restored?.folded);
  const nonce = config.nonce();
  const claimOf = (epoch: number) => {
    hasFolded = true;
    const { survived } = claimant;
    const said = { partition, epoch, nonce, config, survived };
    return partitionClaimed({ ...said, at: state.at, of: log.partitions });
  };
  try {
    if (claimant.isStopped || !(await writer.claim(claimOf))) return null;
    onlooker?.owns({ writer, state });
    return { writer, state, caution, restorePoints };
  } catch (error) {
    if (error instanceof ToldToStop) return null;
    throw error;
  }
}

/** A fold may last for minutes: who is told to stop meanwhile does not wait for its end. */
class ToldToStop extends Error {}
