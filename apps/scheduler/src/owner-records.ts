import { encodeEvent } from '@fermata/contracts';
import type { NewRecord } from '@fermata/log';
import type { SchedulerConfig } from './scheduler.config';

/** What a claim says. */
export interface Claim {
  readonly partition: number;
  readonly epoch: number;
  readonly nonce: string;
  readonly config: SchedulerConfig;
  /** Log time as far as it was folded, which the claim does not go behind. */
  readonly at: number;
  /** Partitions of the log. */
  readonly of: number;
}

/** The record by which an owner takes a partition over. */
export function partitionClaimed({ partition, epoch, nonce, config, at, of }: Claim): NewRecord {
  const subject = `partition/${partition}`;
  return encodeEvent({
    id: `${subject}#claim-${epoch}-${nonce}`,
    tenant: null,
    run: subject,
    sequence: 0,
    at: Math.max(config.now(), at),
    causationId: nonce,
    correlationId: nonce,
    actor: config.owner,
    type: 'PartitionClaimed',
    data: { owner: config.owner, nonce, partitions: of },
  });
}

/** The record that moves the position past commands which decided nothing. */
export function positionAdvanced(partition: number, at: number, owner: string): NewRecord {
  const subject = `partition/${partition}`;
  return encodeEvent({
    id: `${subject}#advanced-${at}`,
    tenant: null,
    run: subject,
    sequence: 0,
    at,
    causationId: owner,
    correlationId: owner,
    actor: owner,
    type: 'PositionAdvanced',
    data: {},
  });
}
