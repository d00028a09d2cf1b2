import { Fault } from '@fermata/contracts';
import type { NewRecord } from './port';

/** What the commit protocol writes into the headers of every record of the log. */
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

/** The record with its fence in the headers `epoch`, `seq` and `position`. */
export function withFence(record: NewRecord, fence: Fence): NewRecord {
  const headers: Record<string, string> = { ...record.headers, epoch: String(fence.epoch) };
  if (fence.seq !== null) headers['seq'] = String(fence.seq);
  if (fence.position !== null) headers['position'] = String(fence.position);
  return { ...record, headers };
}

/** Reads a stored record's fence; a record without one can't be judged and stops the reader. */
export function fenceOf(record: NewRecord): Fence {
  const { epoch, seq, position } = record.headers;
  return {
    epoch: whole('epoch', epoch),
    seq: seq === undefined ? null : whole('seq', seq),
    position: position === undefined ? null : whole('position', position),
  };
}

function whole(name: string, text: string | undefined): number {
  const value = Number(text);
  if (text !== undefined && text !== '' && Number.isSafeInteger(value) && value >= 0) return value;
  const found = `expected a whole number in the log header "${name}", found "${text}"`;
  throw new Fault('LOG_TRUNCATED', `${found}; only a scheduler may write the log`);
}
