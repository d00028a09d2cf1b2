import { recordKey, type Command } from '@fermata/contracts';
import { Turns } from '@fermata/core';
import type { Taken } from './intake';
import { nextWindowAt, Shares } from './shares';
import { Solitude } from './solitude';

/** What the backlogs of all partitions of a process have in common: they share its one thread. */
export class Workload {
  /** Characters of commands that they hold together. */
  held = 0;
  /** Lets one of them decide while no other does. */
  readonly solitude = new Solitude();
  /** What each tenant takes of the process. */
  readonly shares: Shares;
  private readonly heldMax: number;

  constructor({ readAheadMax, tenantCommandsPerSecond }: WorkloadLimits) {
    this.heldMax = readAheadMax;
    this.shares = new Shares(tenantCommandsPerSecond);
  }

  /** Whether they hold all that they may. */
  get isFull(): boolean {
    return this.held >= this.heldMax;
  }
}

/** What the partitions of a process may take together. */
export interface WorkloadLimits {
  /**
   * Characters of commands that a process may hold undecided, over all its partitions: how deep
   * into the rush of one tenant it sees the commands of others.
   */
  readonly readAheadMax: number;
  /** Commands of one tenant that a process decides while others send less. */
  readonly tenantCommandsPerSecond: number;
}

/** How many commands a batch may hold. */
export interface BatchLimits {
  readonly batchMax: number;
  /** Of each line, while there is more to be read and nobody knows whose. */
  readonly turnsMax: number;
}

/** A command whose turn it is. */
export interface Next {
  readonly command: Command;
  /** Whether an earlier owner may have read the same record, and decided it. */
  readonly mayBeRead: boolean;
}

/** What a command costs beside its text: its envelope, and objects around it. */
const OVERHEAD = 1_000;

/**
 * Nothing that has begun is held back for longer: leases go on meanwhile, and what a lease waits
 * for may stand here. A runner beats every third of a lease, so leases of 8 s and more last.
 */
const BEGUN_HELD_MS = 5_000;

/** A command that waits to be decided, and since when. */
interface Standing {
  readonly taken: Taken;
  readonly since: number;
}

/**
 * Commands of one partition that were read and are not yet decided. They are served tenant by
 * tenant in turns, so that the rush of one holds up no other, and within a tenant what has begun
 * takes turns with what starts. Those of one run keep their order. The position stays at the oldest
 * that is not decided: a new owner reads from there, and what was decided ahead of it is answered
 * by what the partition remembers.
 */
export class Backlog {
  private readonly turns = new Turns<Standing>();
  /** In which line the commands of a run stand, and how many they are. */
  private readonly runs = new Map<string, { readonly line: string; count: number }>();
  private held = 0;
  /** Whether there is more to read: nobody knows whose. */
  private hasMore = false;
  private windowAt = 0;

  constructor(
    private readonly workload: Workload,
    private readTo: number,
    /** Where the commands ended after the claim: earlier owners have read none from there on. */
    private readonly unreadFrom: number,
  ) {}

  get isEmpty(): boolean {
    return this.turns.size === 0;
  }

  /** Whether no more should be read before some of it is decided. */
  get isFull(): boolean {
    return !this.isEmpty && this.workload.isFull;
  }

  /** When there is something to decide: 0 is now, and Infinity not before more is read. */
  dueAt(now: number): number {
    if (this.isEmpty) return Infinity;
    return this.isFull || this.turns.peek() !== undefined ? 0 : nextWindowAt(now);
  }

  /** Where a new owner would have to read from. */
  get position(): number {
    let oldest = this.readTo;
    for (const { taken } of this.turns.firsts()) oldest = Math.min(oldest, taken.offset);
    return oldest;
  }

  /** Goes along with its reader, before what that gave is added; false if it is closed. */
  follow(readTo: number): boolean {
    const hasMoved = readTo > this.readTo;
    this.readTo = readTo;
    return hasMoved;
  }

  /** Takes in what was read; `hasMore` when it was as much as one read gives. */
  add(read: readonly Taken[], hasMore: boolean, now: number): void {
    this.hasMore = hasMore;
    for (const taken of read) {
      this.turns.add(this.lineOf(taken.command), { taken, since: now });
      this.hold(taken.size + OVERHEAD);
    }
  }

  /**
   * The commands of the next batch, one at a time. While there may be commands of others behind
   * them, each line has about `turnsMax` in a batch: what it takes is what those would wait. A line
   * whose first is not ready waits for it.
   */
  *batch(
    now: number,
    { batchMax, turnsMax }: BatchLimits,
    isReady: (command: Command) => boolean = () => true,
  ): Generator<Next> {
    const windowAt = this.workload.shares.advance(now);
    if (windowAt !== this.windowAt || this.isFull) this.turns.wake();
    this.windowAt = windowAt;
    const maySee = this.hasMore && !this.isFull;
    const max = maySee ? Math.min(batchMax, turnsMax * this.turns.names) : batchMax;
    for (let count = 0; count < max; count++) {
      const next = this.take(now, isReady);
      if (next === undefined) return;
      yield { command: next.command, mayBeRead: next.offset < this.unreadFrom };
    }
  }

  /** Forgets everything: the log is read again from the position. */
  drop(): void {
    this.hold(-this.held);
  }

  /**
   * Takes the command whose turn it is, of a tenant that has some of its share left. A process that
   * can't read on holds nobody back: whose commands stand behind them it does not know.
   */
  private take(now: number, isReady: (command: Command) => boolean): Taken | undefined {
    const { shares } = this.workload;
    for (let first = this.turns.peek(); first !== undefined; first = this.turns.peek()) {
      if (this.isFull || isOverdue(first, now)) break;
      const { command } = first.taken;
      if (shares.has(command.tenant) && isReady(command)) break;
      this.turns.rest();
    }
    const next = this.turns.next()?.taken;
    if (next === undefined) return undefined;
    this.hold(-next.size - OVERHEAD);
    shares.take(next.command.tenant);
    this.leave(next.command);
    return next;
  }

  /** The line of the run's commands that stand here already; else its tenant's, for its kind. */
  private lineOf({ tenant, run, type }: Command): string {
    const key = recordKey(tenant, run);
    const ofRun = this.runs.get(key);
    if (ofRun !== undefined) {
      ofRun.count += 1;
      return ofRun.line;
    }
    const line = type === 'StartRun' ? `start ${tenant}` : tenant;
    this.runs.set(key, { line, count: 1 });
    return line;
  }

  private leave({ tenant, run }: Command): void {
    const key = recordKey(tenant, run);
    const ofRun = this.runs.get(key);
    if (ofRun === undefined) return;
    ofRun.count -= 1;
    if (ofRun.count === 0) this.runs.delete(key);
  }

  private hold(change: number): void {
    this.held += change;
    this.workload.held += change;
  }
}

function isOverdue({ taken, since }: Standing, now: number): boolean {
  return taken.command.type !== 'StartRun' && Math.abs(now - since) >= BEGUN_HELD_MS;
}
