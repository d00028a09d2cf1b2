import { rejection, type Rejection } from '@fermata/contracts';
import type { Room } from '../run/draft';
import { openAttemptsOf, type RunState } from '../run/state';
import { openOf, type Batch } from './batch';

/**
 * What the tenant's limit leaves a run. While others wait it may open none, and waits behind them;
 * `room.forRun` counts the run's own, so that an attempt which closes makes room for the next.
 */
export function roomFor(batch: Batch, tenant: string, run: RunState | undefined): Room {
  const { openAttemptsMax } = batch.limits;
  const othersWait = batch.state.queued.has(tenant) || batch.queuing.has(tenant);
  const others = openOf(batch, tenant) - openAttemptsOf(run);
  return { forRun: othersWait ? 0 : openAttemptsMax - others, openAttemptsMax };
}

/** Only new work is refused: what has begun waits, and results and decisions are always taken. */
export function hasNoRoom(batch: Batch, tenant: string): boolean {
  const queued = batch.state.queued.get(tenant)?.size ?? 0;
  return queued >= batch.limits.queuedStepsMax;
}

/** Why a start is refused: what waits already is as much as its owner holds for one tenant. */
export function overloaded(batch: Batch, tenant: string): Rejection {
  const { queuedStepsMax } = batch.limits;
  const found = `expected fewer than ${queuedStepsMax} steps of tenant ${tenant} to wait in partition`;
  const message = `${found} ${batch.partition}, found as many; send this again when some are done`;
  return rejection('OVERLOADED', message);
}
