import { decodeEvent, type Event } from '@fermata/contracts';
import { emptyPartition, fold, type PartitionState } from '@fermata/core';
import type { StoredRecord } from '@fermata/log';
import type { Tally } from './tally';
import type { Violations } from './violations';

/** A record of the log that counts, as the oracle reads it. */
export interface AcceptedRecord {
  readonly offset: number;
  readonly epoch: number;
  readonly seq: number;
  readonly event: Event;
}

/** Hears of each record that counts, before and after it is folded. */
export interface OracleListener {
  before(partition: number, record: AcceptedRecord, state: PartitionState): void;
  after(partition: number, records: readonly AcceptedRecord[], oracle: Oracle): void;
}

/**
 * What one partition's log says, by a second reading of the commit protocol: it does not use the
 * production's acceptance rule, so that a mistake there is no mistake here.
 */
export class Oracle {
  epoch = 0;
  seq = 0;
  /** The next command that the log has not taken in. */
  position = 0;
  state: PartitionState;
  /** By offset: the record if it counts, null if it is to be passed over. */
  readonly verdicts: (AcceptedRecord | null)[] = [];

  constructor(
    readonly partition: number,
    private readonly keyWindowMs: number,
    private readonly violations: Violations,
    private readonly tally: Tally,
    private readonly listener: OracleListener,
  ) {
    this.state = emptyPartition(keyWindowMs);
  }

  /** Takes in what landed with one append. */
  land(records: readonly StoredRecord[]): void {
    const accepted: AcceptedRecord[] = [];
    for (const record of records) {
      const counted = this.judge(record);
      this.verdicts[record.offset] = counted;
      this.tally.add(counted === null ? 'dropped by the acceptance rule' : kindOf(counted.event));
      if (counted === null) continue;
      this.listener.before(this.partition, counted, this.state);
      fold(this.state, counted.event);
      accepted.push(counted);
    }
    if (accepted.length > 0) this.listener.after(this.partition, accepted, this);
  }

  /** Forgets everything from an offset on: the broker lost it. */
  cutOff(from: number): void {
    const kept = this.verdicts.slice(0, from);
    this.verdicts.length = from;
    this.state = emptyPartition(this.keyWindowMs);
    const counted = kept.filter((record) => record !== null);
    for (const { event } of counted) fold(this.state, event);
    this.epoch = counted[counted.length - 1]?.epoch ?? 0;
    this.seq = counted[counted.length - 1]?.seq ?? 0;
  }

  /** The last record that counts, at or before an offset. */
  lastUpTo(offset: number): AcceptedRecord | null {
    for (let at = Math.min(offset, this.verdicts.length - 1); at >= 0; at--) {
      const verdict = this.verdicts[at] ?? null;
      if (verdict !== null) return verdict;
    }
    return null;
  }

  private judge(record: StoredRecord): AcceptedRecord | null {
    const [epochText = '', seqText = '', positionText = ''] = (record.headers['fence'] ?? '').split(
      '/',
    );
    const epoch = Number(epochText);
    const isClaim = seqText === '';
    if (isClaim ? epoch <= this.epoch : epoch < this.epoch) return null;
    const seq = isClaim ? this.seq + 1 : Number(seqText);
    if (!isClaim && seq <= this.seq) return null;
    const isNext = epoch === (isClaim ? this.epoch + 1 : this.epoch) && seq === this.seq + 1;
    const rule = 'the log has no gap: each record follows the one before';
    const last = `epoch ${this.epoch} seq ${this.seq}`;
    const found = `epoch ${epoch} seq ${seqText} at offset ${record.offset}`;
    this.violations.check(isNext, rule, () => `after ${last} came ${found}`);
    if (!isNext) return null;
    [this.epoch, this.seq] = [epoch, seq];
    this.movePosition(record.offset, positionText);
    const { decoded: _, ...bytes } = record;
    return { offset: record.offset, epoch, seq, event: decodeEvent(bytes) };
  }

  private movePosition(offset: number, text: string): void {
    const position = text === '' ? this.position : Number(text);
    const rule = 'the position in the commands never goes back';
    const message = (): string => `from ${this.position} to ${position} at offset ${offset}`;
    this.violations.check(position >= this.position, rule, message);
    this.position = position;
  }
}

function kindOf(event: Event): string {
  return event.type === 'CommandRejected' ? `rejected ${event.data.code}` : event.type;
}
