import type { PartitionState } from '@fermata/core';
import type { OnJudged, PartitionWriter } from '@fermata/log';

/** What an owner decides on, and how far it has folded: both change with each commit. */
export interface OwnedView {
  readonly state: Readonly<PartitionState>;
  readonly writer: Pick<PartitionWriter, 'at'>;
}

/** Looks on while one owner takes a partition over and serves it; what it hears it can't change. */
export interface Onlooker {
  /** Hears how the owner judges each record that it folds. */
  readonly judged: OnJudged;
  /** Hears that the partition is taken over. */
  owns(owned: OwnedView): void;
}
