import { Fault } from '@fermata/contracts';
import { judge, ORIGIN, passedTo, type Place } from './acceptance';
import { fenceOf, withFence } from './fence';
import type { AppendOutcome, LogPort, NewRecord, StoredRecord } from './port';

/** Where a fold stands: its place in the log, and the next command that the log has not seen. */
export interface FoldedTo {
  readonly place: Place;
  readonly position: number;
}

/** Called for every accepted record, one's own and others', in the order of the log. */
export type OnAccepted = (record: StoredRecord, place: Place) => void;

/** Called for every record that is folded, after it, with the place before it. */
export type OnJudged = (record: StoredRecord, from: Place, accepted: boolean) => void;

/** How an owner deals with an outcome that it does not know, and who looks on. */
export interface WriterOptions {
  /** Times that the same bytes are sent again before the owner stands down. */
  readonly resendsMax: number;
  /** Waits between two tries; a clock is not read here. */
  readonly pause: () => Promise<void>;
  /** Hears of dropped records too. */
  readonly judged?: OnJudged | undefined;
}

const READ_MAX = 1_000;

/**
 * The commit protocol of one partition: fold to the end, claim the next epoch, and append one
 * batch at a time under that epoch. What it can't confirm it never takes for granted; when a
 * claim of someone else is seen, it stands down.
 */
export class PartitionWriter {
  private epoch: number | null = null;
  private appending = false;

  constructor(
    private readonly log: LogPort,
    readonly partition: number,
    private readonly onAccepted: OnAccepted,
    private readonly options: WriterOptions,
    private folded: FoldedTo = { place: ORIGIN, position: 0 },
  ) {}

  /** Where the fold stands. */
  get at(): FoldedTo {
    return this.folded;
  }

  /** Whether this writer's claim is the last one accepted, as far as it has read. */
  get isOwner(): boolean {
    return this.epoch !== null && this.epoch === this.folded.place.epoch;
  }

  /**
   * Takes the partition over: folds to the end and appends the claim that `claimOf` makes for
   * the next epoch. False when another's claim came first or the outcome stays unknown; the
   * caller may try again, with a new nonce, after a random pause.
   */
  async claim(claimOf: (epoch: number) => NewRecord): Promise<boolean> {
    await this.foldToEnd();
    const epoch = this.folded.place.epoch + 1;
    const claim = withFence(claimOf(epoch), { epoch, seq: null, position: null });
    let own = false;
    const isOwn = (record: StoredRecord): void => {
      own ||= record.value === claim.value && fenceOf(record).epoch === epoch;
    };
    for (let sent = 0; sent <= this.options.resendsMax && !own; sent++) {
      if (sent > 0) await this.options.pause();
      const base = this.folded.place.offset + 1;
      const outcome = await this.log.append(this.partition, base, [claim]);
      await this.foldToEnd(isOwn);
      if (outcome.kind === 'appended' && !own) break;
      if (this.folded.place.epoch >= epoch && !own) break;
    }
    this.epoch = own ? epoch : null;
    return this.isOwner;
  }

  /**
   * Appends one batch and returns when it is confirmed: only then may its events be believed.
   * Returns false when this writer no longer owns the partition and the batch is void.
   */
  async commit(records: readonly NewRecord[], position: number): Promise<boolean> {
    if (this.appending) {
      const found = `expected one append in flight on partition ${this.partition}, found another`;
      throw new Fault('LOG_UNAVAILABLE', `${found}; wait for the first to be confirmed`);
    }
    if (!this.isOwner || this.epoch === null) return false;
    this.appending = true;
    try {
      return await this.appendFenced(records, this.epoch, position);
    } finally {
      this.appending = false;
    }
  }

  private async appendFenced(
    records: readonly NewRecord[],
    epoch: number,
    position: number,
  ): Promise<boolean> {
    const first = this.folded.place.seq + 1;
    const last = this.folded.place.seq + records.length;
    const fenced = records.map((record, index) =>
      withFence(record, { epoch, seq: first + index, position }),
    );
    const checkOwn = (record: StoredRecord): void => this.checkOwn(record, epoch, fenced, first);
    for (let sent = 0; sent <= this.options.resendsMax; sent++) {
      if (sent > 0) await this.options.pause();
      const base = this.folded.place.offset + 1;
      const outcome = await this.log.append(this.partition, base, fenced);
      if (outcome.kind === 'appended' && outcome.base === base) {
        this.foldOwn(fenced, base);
        return true;
      }
      this.checkNotShrunk(outcome, base, sent);
      await this.foldToEnd(checkOwn);
      if (this.folded.place.epoch !== epoch) return this.standDown();
      if (this.folded.place.seq >= last) return true;
    }
    return this.standDown();
  }

  /** An acknowledged base below the expected one, of bytes sent once: records were lost. */
  private checkNotShrunk(outcome: AppendOutcome, base: number, sent: number): void {
    if (outcome.kind !== 'appended' || outcome.base > base || sent > 0) return;
    const found = `expected an append at offset ${base} of partition ${this.partition} or later`;
    const message = `${found}, found it at ${outcome.base}: the log lost acknowledged records`;
    throw new Fault('LOG_TRUNCATED', `${message}; stop the services and restore it`);
  }

  /** Under its epoch an owner reads back what it wrote; else the log lost its claim. */
  private checkOwn(
    record: StoredRecord,
    epoch: number,
    fenced: readonly NewRecord[],
    first: number,
  ): void {
    const { epoch: found, seq } = fenceOf(record);
    if (found !== epoch || seq === null || fenced[seq - first]?.value === record.value) return;
    const expected = `expected seq ${seq} of epoch ${epoch} on partition ${this.partition}`;
    const message = `${expected} as its owner wrote it, found another's at ${record.offset}`;
    throw new Fault('LOG_TRUNCATED', `${message}; stop the services and restore the log`);
  }

  private standDown(): boolean {
    this.epoch = null;
    return false;
  }

  private foldOwn(records: readonly NewRecord[], base: number): void {
    for (const [index, record] of records.entries()) {
      this.fold({ ...record, partition: this.partition, offset: base + index });
    }
  }

  private async foldToEnd(seen?: (record: StoredRecord) => void): Promise<void> {
    const end = await this.log.end('log', this.partition);
    const from = this.folded.place.offset + 1;
    if (end < from) {
      const found = `expected the log of partition ${this.partition} to reach offset ${from}`;
      throw new Fault('LOG_TRUNCATED', `${found}, found its end at ${end}; restore it`);
    }
    if (end === from) return;
    const reader = await this.log.open('log', this.partition, from);
    try {
      while (this.folded.place.offset + 1 < end) {
        const records = await reader.read(READ_MAX, end);
        if (records.length === 0 && reader.next < end) throw this.closed();
        for (const record of records) {
          if (this.fold(record)) seen?.(record);
        }
        this.folded = { ...this.folded, place: passedTo(this.folded.place, reader.next) };
      }
    } finally {
      reader.close();
    }
  }

  /** A reader that is closed gives nothing, at once, for ever. */
  private closed(): Fault {
    const found = `expected to read partition ${this.partition} to its end, found the log closed`;
    return new Fault('LOG_UNAVAILABLE', `${found}; open it again`, true);
  }

  /** Folds one record by the acceptance rule; true when it was accepted. */
  private fold(record: StoredRecord): boolean {
    const { epoch, seq, position } = fenceOf(record);
    const from = this.folded.place;
    const verdict = judge(from, { offset: record.offset, epoch, seq });
    if (verdict.kind === 'stop') throw new Fault('LOG_TRUNCATED', verdict.reason);
    const accepted = verdict.kind === 'accept';
    const next = accepted ? (position ?? this.folded.position) : this.folded.position;
    this.folded = { place: verdict.place, position: next };
    if (accepted) this.onAccepted(record, verdict.place);
    this.options.judged?.(record, from, accepted);
    return accepted;
  }
}
