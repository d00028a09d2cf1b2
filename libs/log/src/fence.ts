import { Fault } from '@fermata/contracts';
import type { NewRecord } from './port';

/** What the commit protocol writes into a header of every record of the log. */
export interface Fence {
  readonly epoch: number;
  /** Null on a claim, which takes the seq after the last where it lands. */
  readonly seq: number | null;
  /**
   * Offset of the next command after the last one wholly contained; null on a claim, which keeps
   * the position of what was accepted before it.
   */
  readonly position: number | null;
}

/** The record with its fence in the header `fence`: `epoch/seq/position`, of a claim `epoch//`. */
export function withFence(record: NewRecord, { epoch, seq, position }: Fence): NewRecord {
  const fence = `${epoch}/${seq ?? ''}/${position ?? ''}`;
  return { ...record, headers: { ...record.headers, fence } };
}

const FENCE = /^(\d{1,15})\/(\d{0,15})\/(\d{0,15})$/;

/** Reads a stored record's fence; a record without one can't be judged and stops the reader. */
export function fenceOf({ headers: { fence } }: NewRecord): Fence {
  const [, epoch, seq, position] = FENCE.exec(fence ?? '') ?? [];
  if (epoch === undefined) {
    const found = `expected a log header "fence" of epoch/seq/position, found "${fence}"`;
    throw new Fault('LOG_TRUNCATED', `${found}; only a scheduler may write the log`);
  }
  return { epoch: Number(epoch), seq: numberOrNull(seq), position: numberOrNull(position) };
}

function numberOrNull(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}
