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
  /** Offset of the last command that the owner decided alone and lived through. */
  readonly survived: number | undefined;
}

/** The record by which an owner takes a partition over. */
export function partitionClaimed(claim: Claim): NewRecord {
  const { partition, epoch, nonce, config, at, of, survived } = claim;
  const lived = survived === undefined ? {} : { survived };
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
    data: { owner: config.owner, nonce, partitions: of, ...lived },
  });
}

/**
 * The record that moves the position past commands which decided nothing, or says that the owner
 * now decides the command at offset `deciding` alone.
 */
export function positionAdvanced(
  partition: number,
  at: number,
  owner: string,
  deciding?: number,
): NewRecord {
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
    data: deciding === undefined ? {} : { deciding },
  });
}
