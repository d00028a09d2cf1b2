import { encodeEvent } from '@fermata/contracts';
import type { NewRecord } from '@fermata/log';

/** The claim of an owner that a story is told by, of a log with one partition. */
export function encodeClaim(epoch: number, at: number, owner = 'service:scheduler/own'): NewRecord {
  const run = 'partition/0';
  const nonce = `${owner}/${epoch}`;
  return encodeEvent({
    id: `${run}#claim-${epoch}-${nonce}`,
    tenant: null,
    run,
    sequence: 0,
    at,
    causationId: nonce,
    correlationId: nonce,
    actor: owner,
    type: 'PartitionClaimed',
    data: { owner, nonce, partitions: 1 },
  });
}
