import type { Command } from '@fermata/contracts';
import { Turns } from '@fermata/core';
import type { Taken } from './intake';

/** What the backlogs of all partitions of a process have in common: they share its one thread. */
export class Workload {
  /** Characters of commands that they hold together. */
  held = 0;
  private last: string | undefined;
  private changedAt = -Infinity;

  constructor(private readonly heldMax: number) {}

  /** Whether they hold all that they may. */
  get isFull(): boolean {
    return this.held >= this.heldMax;
  }

  /** Notes whose command is decided. */
  serve(tenant: string, now: number): void {
    if (this.last !== undefined && this.last !== tenant) this.changedAt = now;
    this.last = tenant;
  }

  /** Whether several tenants send. */
  isShared(now: number): boolean {
    return now - this.changedAt < SHARED_MS;
  }
}

/** How many commands a batch may hold. */
export interface BatchLimits {
  readonly batchMax: number;
  /** Of one tenant, while others send too. */
  readonly turnsMax: number;
}

/** A command whose turn it is. */
export interface Next {
  readonly command: Command;
  /** Whether an earlier owner may have read the same record, and decided it. */
  readonly mayBeRead: boolean;
}

/** How long several tenants count as sending after the commands of two were decided. */
const SHARED_MS = 10_000;

/** What a command costs beside its text: its envelope, and objects around it. */
const OVERHEAD = 1_000;

/**
 * Commands of one partition that were read and are not yet decided. They are served tenant by
 * tenant in turns, so that the rush of one holds up no other; those of one tenant, and so of one
 * run, keep their order. The position stays at the oldest that is not decided: a new owner reads
 * from there, and what was decided ahead of it is answered by what the partition remembers.
 */
export class Backlog {
  private readonly turns = new Turns<Taken>();
  private held = 0;
  /** Whether there is more to read: nobody knows whose. */
  private hasMore = false;

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

  /** Where a new owner would have to read from. */
  get position(): number {
    let oldest = this.readTo;
    for (const { offset } of this.turns.firsts()) oldest = Math.min(oldest, offset);
    return oldest;
  }

  /** Takes in what was read, up to an offset; `hasMore` when it was as much as one read gives. */
  add(taken: readonly Taken[], readTo: number, hasMore: boolean): void {
    this.hasMore = hasMore;
    for (const one of taken) {
      this.turns.add(one.command.tenant, one);
      this.hold(one.size + OVERHEAD);
    }
    this.readTo = readTo;
  }

  /**
   * The commands of the next batch, one at a time. While several tenants send, or may do, each has
   * about `turnsMax` in a batch: how long a batch takes is what every command of the others waits.
   */
  *batch(now: number, { batchMax, turnsMax }: BatchLimits): Generator<Next> {
    const maySee = this.hasMore && !this.isFull;
    const isShared = maySee || this.turns.names > 1 || this.workload.isShared(now);
    const max = isShared ? Math.min(batchMax, turnsMax * this.turns.names) : batchMax;
    for (let count = 0; count < max; count++) {
      const next = this.turns.next();
      if (next === undefined) return;
      this.hold(-next.size - OVERHEAD);
      this.workload.serve(next.command.tenant, now);
      yield { command: next.command, mayBeRead: next.offset < this.unreadFrom };
    }
  }

  /** Forgets everything: the log is read again from the position. */
  drop(): void {
    this.hold(-this.held);
  }

  private hold(change: number): void {
    this.held += change;
    this.workload.held += change;
  }
}
