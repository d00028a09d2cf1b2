import { LIMITS, rejection, type Rejection } from '@fermata/contracts';
import type { TenantRoom } from '../run/draft';
import { openAttemptsOf, type RunState } from '../run/state';
import { heldOf, openOf, type Batch } from './batch';

/**
 * What the tenant's limit leaves a run. While others wait it may open none, and waits behind them;
 * `room.forRun` counts the run's own, so that an attempt which closes makes room for the next.
 */
export function roomFor(batch: Batch, tenant: string, run: RunState | undefined): TenantRoom {
  const { openAttemptsMax } = batch.limits;
  const othersWait = batch.state.queued.has(tenant) || batch.queuing.has(tenant);
  const others = openOf(batch, tenant) - openAttemptsOf(run);
  return { forRun: othersWait ? 0 : openAttemptsMax - others, openAttemptsMax };
}

/** Only new work is refused: what has begun waits, and results and decisions are always taken. */
export function whyNoRoom(batch: Batch, tenant: string): Rejection | null {
  const queued = batch.state.queued.get(tenant)?.size ?? 0;
  const { queuedStepsMax } = batch.limits;
  if (queued >= queuedStepsMax) {
    return overloaded(batch, tenant, `fewer than ${queuedStepsMax} steps`, 'to wait');
  }
  const most = heldBytesMax(batch);
  if (heldOf(batch, tenant) < most) return null;
  return overloaded(batch, tenant, `open runs of at most ${most} bytes`, 'to be held');
}

/** What the open runs of one tenant may hold before no other is started. */
export function heldBytesMax({ limits }: Batch): number {
  return limits.heldBytesMax ?? LIMITS.heldBytesMax;
}

/** A start is refused: what is there already is as much as its owner holds for one tenant. */
function overloaded(batch: Batch, tenant: string, what: string, how: string): Rejection {
  const found = `expected ${what} of tenant ${tenant} ${how} in partition ${batch.partition}`;
  const message = `${found}, found as many; send this again when some are done`;
  return rejection('OVERLOADED', message);
}
