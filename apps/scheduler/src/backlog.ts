import type { Command } from '@fermata/contracts';
import { Turns } from '@fermata/core';
import type { Reader, StoredRecord } from '@fermata/log';
import type { Taken } from './intake';

/** What the backlogs of all partitions of a process may hold together, and hold now. */
export interface ReadAhead {
  readonly sizeMax: number;
  size: number;
}

/** How many commands a batch may hold. */
export interface BatchLimits {
  readonly batchMax: number;
  /** Of one tenant, while others send too. */
  readonly turnsMax: number;
}

/** How long after a command of another tenant a partition counts as shared. */
const SHARED_MS = 1_000;

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
  /** Whose command was the last, and when it was another's than the one before. */
  private last: string | undefined;
  private changedAt = -Infinity;
  /** Whether there is more to read: nobody knows whose. */
  private hasMore = false;

  constructor(
    private readonly ahead: ReadAhead,
    private readTo: number,
  ) {}

  get isEmpty(): boolean {
    return this.turns.size === 0;
  }

  /** Whether no more should be read before some of it is decided. */
  get isFull(): boolean {
    return !this.isEmpty && this.ahead.size >= this.ahead.sizeMax;
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
  *batch(now: number, { batchMax, turnsMax }: BatchLimits): Generator<Command> {
    const maySee = this.hasMore && !this.isFull;
    const isShared = maySee || this.turns.names > 1 || now - this.changedAt < SHARED_MS;
    const max = isShared ? Math.min(batchMax, turnsMax * this.turns.names) : batchMax;
    for (let count = 0; count < max; count++) {
      const next = this.turns.next();
      if (next === undefined) return;
      this.hold(-next.size - OVERHEAD);
      const { tenant } = next.command;
      if (this.last !== undefined && this.last !== tenant) this.changedAt = now;
      this.last = tenant;
      yield next.command;
    }
  }

  /** Forgets everything: the log is read again from the position. */
  drop(): void {
    this.hold(-this.held);
  }

  private hold(change: number): void {
    this.held += change;
    this.ahead.size += change;
  }
}

/** Reads while others are decided: that it failed is told to who waits for it, later. */
export function readOf(reader: Reader, max: number): Promise<readonly StoredRecord[]> {
  const reading = reader.read(max);
  reading.catch(() => undefined);
  return reading;
}
