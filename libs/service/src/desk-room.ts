import { Fault, type Command } from '@fermata/contracts';
import { tellGauge } from './telemetry';

/** How far a reader of the log has come with each partition, as far as this process knows. */
export interface Progress {
  /** Records that it lags behind `offset`, the last that this process has read. */
  lag(partition: number, offset: number): number;
}

/** A command that was sent, until its outcome is heard. */
export interface Sent {
  readonly tenant: string;
  readonly partition: number;
  readonly at: number;
  /** Called once, when it is decided or given up. */
  readonly over: () => void;
}

/**
 * Undecided commands of one tenant that a process sends at a time: what others find before theirs.
 * Controls and the decisions of people get as many again.
 */
export const UNDECIDED_MAX = 400;
/** How long a partition may leave a command undecided before no run is started there. */
const COMMIT_LAG_MAX_MS = 5_000;
/** Records that the read model may lag behind in a partition before no run is started there. */
const PROJECTION_LAG_MAX = 50_000;
/** While a partition lags, one start is let through so often: its outcome tells of the end. */
const PROBE_EVERY_MS = 1_000;
/** A command that became a dead letter is never heard of: after so long it counts no more. */
const FORGET_MS = 30_000;

/**
 * What stands between a caller and the commands topic (rule R12): nothing is stored that the system
 * has no room for. It knows by its own commands how long a partition takes to decide them.
 */
export class DeskRoom {
  private readonly undecidedOf = new Map<string, number>();
  /** In the order of sending. */
  private readonly all = new Set<Sent>();
  private readonly byPartition = new Map<number, Set<Sent>>();
  private readonly heard = new Map<number, number>();
  private readonly probedAt = new Map<number, number>();

  constructor(
    private readonly projection: Progress | undefined,
    private readonly now: () => number = Date.now,
  ) {
    tellGauge('fermata.desk.undecided', 'Commands sent whose outcome is not heard yet', () => [
      { value: this.all.size, attributes: {} },
    ]);
    tellGauge('fermata.desk.commit_lag_ms', 'Time that the oldest of them waits', () =>
      [...this.byPartition.keys()].map((partition) => ({
        value: this.commitLagMs(partition),
        attributes: { partition },
      })),
    );
    tellGauge('fermata.desk.projection_lag', 'Records that the read model lags behind', () =>
      [...this.heard.keys()].map((partition) => ({
        value: this.projectionLag(partition),
        attributes: { partition },
      })),
    );
  }

  /** Throws OVERLOADED when there is no room; new work is refused first, decisions last. */
  check({ tenant, type }: Command, partition: number): void {
    this.forgetOld();
    const isNew = type === 'StartRun';
    const undecided = this.undecidedOf.get(tenant) ?? 0;
    const max = isNew ? UNDECIDED_MAX : 2 * UNDECIDED_MAX;
    if (undecided >= max) {
      throw overloaded(`fewer than ${max} undecided commands of tenant ${tenant}`, undecided);
    }
    if (!isNew || this.mayProbe(partition)) return;
    const waitedMs = this.commitLagMs(partition);
    if (waitedMs > COMMIT_LAG_MAX_MS) {
      const most = `commands of partition ${partition} decided within ${COMMIT_LAG_MAX_MS} ms`;
      throw overloaded(most, `one that waits for ${waitedMs} ms`);
    }
    const behind = this.projectionLag(partition);
    if (behind > PROJECTION_LAG_MAX) {
      const most = `at most ${PROJECTION_LAG_MAX} records of partition ${partition} not yet readable`;
      throw overloaded(most, behind);
    }
  }

  /** Notes a command on its way. */
  sent(tenant: string, partition: number, over: () => void): Sent {
    const sent = { tenant, partition, at: this.now(), over };
    this.all.add(sent);
    this.byPartition.set(partition, (this.byPartition.get(partition) ?? new Set()).add(sent));
    this.undecidedOf.set(tenant, (this.undecidedOf.get(tenant) ?? 0) + 1);
    return sent;
  }

  /** Notes that a command was decided, or never stored. */
  over(sent: Sent): void {
    if (!this.all.delete(sent)) return;
    const undecided = (this.undecidedOf.get(sent.tenant) ?? 0) - 1;
    if (undecided > 0) this.undecidedOf.set(sent.tenant, undecided);
    else this.undecidedOf.delete(sent.tenant);
    this.drop(sent);
    sent.over();
  }

  /** The partition decides: what was sent there before this one holds up nobody any more. */
  decided(sent: Sent): void {
    this.over(sent);
    for (const earlier of this.byPartition.get(sent.partition) ?? []) {
      if (earlier.at > sent.at) break;
      this.drop(earlier);
    }
  }

  /** Notes how far this process has read the log. */
  read(partition: number, offset: number): void {
    this.heard.set(partition, offset);
  }

  private drop(sent: Sent): void {
    const sents = this.byPartition.get(sent.partition);
    sents?.delete(sent);
    if (sents?.size === 0) this.byPartition.delete(sent.partition);
  }

  private commitLagMs(partition: number): number {
    const [oldest] = this.byPartition.get(partition) ?? [];
    return oldest === undefined ? 0 : this.now() - oldest.at;
  }

  private projectionLag(partition: number): number {
    const offset = this.heard.get(partition);
    return offset === undefined ? 0 : (this.projection?.lag(partition, offset) ?? 0);
  }

  private mayProbe(partition: number): boolean {
    if (this.commitLagMs(partition) <= COMMIT_LAG_MAX_MS) return false;
    if (this.now() - (this.probedAt.get(partition) ?? 0) < PROBE_EVERY_MS) return false;
    this.probedAt.set(partition, this.now());
    return true;
  }

  private forgetOld(): void {
    for (const sent of this.all) {
      if (this.now() - sent.at < FORGET_MS) break;
      this.over(sent);
    }
  }
}

function overloaded(expected: string, found: unknown): Fault {
  const remedy = 'send it again in a moment, nothing was stored';
  return new Fault('OVERLOADED', `expected ${expected}, found ${found}; ${remedy}`, true);
}
