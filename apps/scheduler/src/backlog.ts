import { Turns } from '@fermata/core';
import type { Reader, StoredRecord } from '@fermata/log';
import type { Taken } from './intake';

/** What the backlogs of all partitions of a process may hold together, and hold now. */
export interface ReadAhead {
  readonly sizeMax: number;
  size: number;
}

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

  /** Takes in what was read, up to an offset. */
  add(taken: readonly Taken[], readTo: number): void {
    for (const one of taken) {
      this.turns.add(one.command.tenant, one);
      this.hold(one.size + OVERHEAD);
    }
    this.readTo = readTo;
  }

  /** The command whose turn it is. */
  next(): Taken | undefined {
    const next = this.turns.next();
    if (next !== undefined) this.hold(-next.size - OVERHEAD);
    return next;
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
