/**
 * A place in a partition's log is always this triple: an offset alone can't tell a record that
 * was accepted from a stale owner's late write that was dropped.
 */
export interface Place {
  /** Offset of the last record folded, accepted or dropped; -1 before the first. */
  readonly offset: number;
  /** Epoch of the last accepted record; 0 before the first claim. */
  readonly epoch: number;
  /** Number of the last accepted record in its partition, dense; 0 before the first. */
  readonly seq: number;
}

/** The place before the first record of a log. */
export const ORIGIN: Place = { offset: -1, epoch: 0, seq: 0 };

/** What the acceptance rule reads of a record. A claim carries no seq of its own. */
export interface Fenced {
  readonly offset: number;
  readonly epoch: number;
  readonly seq: number | null;
}

/**
 * What a reader does with a record: folds it, passes over it, or halts the partition and raises
 * an alarm, since records it needs are missing.
 */
export type Verdict =
  | { readonly kind: 'accept'; readonly place: Place }
  | { readonly kind: 'drop'; readonly place: Place; readonly reason: 'stale-owner' | 'duplicate' }
  | { readonly kind: 'stop'; readonly reason: string };

/**
 * The one acceptance rule that every reader of a log applies to every record, so that all agree
 * on what happened, whoever wrote what late.
 */
export function judge(place: Place, record: Fenced): Verdict {
  if (record.offset <= place.offset) {
    return stop(place, record, `an offset after ${place.offset}`);
  }
  return record.seq === null ? judgeClaim(place, record) : judgeRecord(place, record, record.seq);
}

/** The place when a reader has come to an offset, be there records before it or none. */
export function passedTo(place: Place, next: number): Place {
  return next - 1 > place.offset ? { ...place, offset: next - 1 } : place;
}

function judgeClaim(place: Place, claim: Fenced): Verdict {
  if (claim.epoch <= place.epoch) return drop(place, claim, 'stale-owner');
  if (claim.epoch > place.epoch + 1) return stop(place, claim, `a claim of ${place.epoch + 1}`);
  return accept(claim, place.seq + 1);
}

function judgeRecord(place: Place, record: Fenced, seq: number): Verdict {
  if (record.epoch < place.epoch) return drop(place, record, 'stale-owner');
  if (record.epoch > place.epoch) return stop(place, record, `epoch ${place.epoch}`);
  if (seq <= place.seq) return drop(place, record, 'duplicate');
  if (seq > place.seq + 1) return stop(place, record, `seq ${place.seq + 1}`);
  return accept(record, seq);
}

function accept(record: Fenced, seq: number): Verdict {
  return { kind: 'accept', place: { offset: record.offset, epoch: record.epoch, seq } };
}

function drop(place: Place, record: Fenced, reason: 'stale-owner' | 'duplicate'): Verdict {
  return { kind: 'drop', place: { ...place, offset: record.offset }, reason };
}

function stop(place: Place, record: Fenced, expected: string): Verdict {
  const found = `offset ${record.offset}, epoch ${record.epoch}, seq ${record.seq ?? 'of a claim'}`;
  const last = `after offset ${place.offset}, epoch ${place.epoch}, seq ${place.seq}`;
  return { kind: 'stop', reason: `expected ${expected} ${last}, found ${found}; restore the log` };
}
