import { randomUUID } from 'node:crypto';
import { Fault } from '@fermata/contracts';
import type { Reader } from '../port';
import { LatestValues } from './latest-values';
import type { Sender } from './sender';

const PAUSE_MS = 200;

/** What a table reads and writes: one compacted topic of one partition. */
export interface TableTopic {
  readonly sender: Sender;
  open(from: number): Promise<Reader>;
  range(): Promise<{ readonly first: number; readonly end: number }>;
}

/** The newest value of each name, followed from a compacted topic. */
export class LatestTable {
  private readonly values = new LatestValues();
  /** Claims that were written here, and whether they count, by key. */
  private readonly claims = new Map<string, boolean>();
  private readonly waiting = new Set<() => void>();
  private next = 0;
  private reader: Reader | undefined;
  private following: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly from: TableTopic) {}

  /** Reads what is there, and goes on following. */
  async start(): Promise<void> {
    const { first, end } = await this.from.range();
    this.next = first;
    this.following = this.keepFollowing();
    await this.reaches(end);
  }

  /** Writes a value, or with null lets go of the name, and waits until that is read back. */
  async put(name: string, value: string | null): Promise<void> {
    const dropped = this.values.superseded(name, null).map(withoutValue);
    const records = [{ key: name, headers: {}, value }, ...dropped];
    const offset = await this.from.sender.store(0, records);
    await this.reaches(offset + 1);
  }

  /** Writes a value if the newest is what the caller expects; false when it is another. */
  async putIf(name: string, value: string, expected: string | null): Promise<boolean> {
    await this.reaches((await this.from.range()).end);
    if (this.values.get(name) !== expected) return false;
    const claim = this.values.claimOf(name, value, expected, randomUUID());
    this.claims.set(claim.key, false);
    try {
      const offset = await this.from.sender.store(0, [claim]);
      await this.reaches(offset + 1);
      const counts = this.claims.get(claim.key) ?? false;
      const dropped = counts ? this.values.superseded(name, claim.key) : [claim.key];
      // What stays behind because this fails takes room, and changes nothing.
      if (dropped.length > 0) {
        await this.from.sender.store(0, dropped.map(withoutValue)).catch(() => undefined);
      }
      return counts;
    } finally {
      this.claims.delete(claim.key);
    }
  }

  /** The newest value; a name that is not known here is looked for to the topic's end. */
  async get(name: string): Promise<string | null> {
    const known = this.values.get(name);
    if (known !== null) return known;
    await this.reaches((await this.from.range()).end);
    return this.values.get(name);
  }

  /** All names with a prefix, by name. */
  async list(prefix: string): Promise<ReadonlyMap<string, string>> {
    return this.values.list(prefix);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.reader?.close();
    await this.following;
    await this.from.sender.stop();
  }

  /** Follows until it is stopped; a reader that fails is followed by another. */
  private async keepFollowing(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.follow();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
    this.tell();
  }

  private async follow(): Promise<void> {
    const reader = await this.from.open(this.next);
    this.reader = reader;
    try {
      while (!this.stopped) {
        const before = reader.next;
        const records = await reader.read(1_000, before + 1);
        if (reader.next === before) return;
        for (const record of records) {
          const counts = this.values.fold(record);
          if (counts && this.claims.has(record.key)) this.claims.set(record.key, true);
        }
        this.next = reader.next;
        this.tell();
      }
    } finally {
      reader.close();
    }
  }

  private tell(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const wake of waiting) wake();
  }

  private async reaches(end: number): Promise<void> {
    while (this.next < end) {
      if (this.stopped) {
        throw new Fault('LOG_UNAVAILABLE', 'expected an open log, found it closed', true);
      }
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }
}

function withoutValue(key: string): { key: string; headers: Record<string, string>; value: null } {
  return { key, headers: {}, value: null };
}
