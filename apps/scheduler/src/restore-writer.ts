import type { Event } from '@fermata/contracts';
import {
  entriesOfState,
  entriesTouched,
  ENTRIES_VERSION,
  nothingTouched,
  touch,
  type PartitionState,
  type RestoreEntry,
  type Touched,
} from '@fermata/core';
import type { LogPort, Place } from '@fermata/log';
import { Logger } from '@nestjs/common';
import {
  hashOf,
  nameOfPiece,
  nameOfRoot,
  piecesOf,
  prefixOfRoots,
  readRoot,
  writeRoot,
  type Piece,
  type Root,
} from './restore-point';
import type { SchedulerConfig } from './scheduler.config';

/** Below this everything is written anew rather than what changed: it is little either way. */
const CHANGES_CHARS_MIN = 1_000_000;
/** Pieces that an owner may have left beyond those that its root names, at least. */
const UNNAMED_MIN = 16;
/** Pieces of one root: it names each, and must fit into a record. */
const PIECES_MAX = 1_000;
/** Earlier epochs that are looked at, of owners that died again and again before they wrote. */
const EPOCHS_MAX = 64;

/**
 * Writes the restore points of one ownership: everything once, then what changed since, and
 * everything anew when the changes have grown as large. So each event is written about twice,
 * however much the partition remembers. Only confirmed state is written.
 */
export class RestoreWriter {
  private readonly logger = new Logger('RestorePoint');
  /** What changed since the last write; null while everything must be written. */
  private touched: Touched | null = null;
  private events = 0;
  private writtenAt: number;
  private last: { readonly place: Place; readonly event: string } | null = null;
  private writing: Promise<void> | null = null;
  private stopped = false;
  private pieces: readonly Piece[] = [];
  private wholeChars = 0;
  private changesChars = 0;
  private first = 0;
  private next = 0;

  constructor(
    private readonly log: LogPort,
    private readonly partition: number,
    private readonly config: SchedulerConfig,
  ) {
    this.writtenAt = config.now();
  }

  /** Notes an accepted event that was folded, and where it stands. */
  note(event: Event, place: Place): void {
    this.events += 1;
    this.last = { place, event: event.id };
    if (this.touched !== null) touch(this.touched, event);
  }

  /** Begins a restore point when one is due, of the state as it is now. */
  offer(state: PartitionState, position: number): void {
    const { last } = this;
    if (this.writing !== null || last === null || !this.isDue()) return;
    const isWhole =
      this.touched === null ||
      this.pieces.length >= PIECES_MAX ||
      this.changesChars >= Math.max(this.wholeChars, CHANGES_CHARS_MIN);
    const entries =
      isWhole || this.touched === null
        ? entriesOfState(state)
        : entriesTouched(state, this.touched);
    const said = { ...last, position, at: state.at, epoch: last.place.epoch };
    this.touched = nothingTouched();
    this.events = 0;
    this.writtenAt = this.config.now();
    this.writing = this.write([...entries], isWhole, said)
      .catch((error: unknown) => {
        // What changed is lost with the write: the next one begins anew.
        this.touched = null;
        this.logger.warn(`partition ${this.partition}: no restore point was written: ${error}`);
      })
      .finally(() => (this.writing = null));
  }

  /** Gives up what is under way; what is not whole is never read. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.writing;
  }

  private isDue(): boolean {
    const { restoreEveryEvents, restoreEveryMs, now } = this.config;
    if (this.stopped || this.events === 0) return false;
    return this.events >= restoreEveryEvents || now() - this.writtenAt >= restoreEveryMs;
  }

  private async write(
    entries: readonly RestoreEntry[],
    isWhole: boolean,
    said: Pick<Root, 'place' | 'position' | 'event' | 'at' | 'epoch'>,
  ): Promise<void> {
    const { partition } = this;
    const pieces: Piece[] = isWhole ? [] : [...this.pieces];
    const from = this.next;
    let chars = 0;
    for await (const text of piecesOf(entries)) {
      if (this.stopped) return;
      const number = this.next++;
      const name = nameOfPiece(partition, said.epoch, number);
      const [place = -1] = await this.log.putParts(partition, [{ name, text }]);
      pieces.push({ number, place, hash: hashOf(text) });
      chars += text.length;
    }
    const isFirst = this.pieces.length === 0;
    const { keyWindowMs } = this.config;
    const { first, next } = this;
    const root: Root = { version: ENTRIES_VERSION, keyWindowMs, ...said, pieces, first, next };
    await this.log.putLatest(nameOfRoot(partition, said.epoch), writeRoot(root));
    this.pieces = pieces;
    if (isWhole) [this.wholeChars, this.changesChars] = [chars, 0];
    else this.changesChars += chars;
    if (isWhole) await this.dropPieces(said.epoch, this.first, from);
    this.first = isWhole ? from : this.first;
    if (isFirst) await this.dropOlderEpochs(said.epoch);
  }

  private async dropPieces(epoch: number, from: number, to: number): Promise<void> {
    const names = Array.from({ length: Math.max(0, to - from) }, (_, index) =>
      nameOfPiece(this.partition, epoch, from + index),
    );
    if (names.length > 0) await this.log.dropParts(this.partition, names);
  }

  /**
   * Earlier owners' restore points end once a newer epoch has one; with them what an owner left
   * that died while it wrote: pieces that no root names.
   */
  private async dropOlderEpochs(epoch: number): Promise<void> {
    const { partition, log } = this;
    const unnamed = 2 * this.pieces.length + UNNAMED_MIN;
    const prefix = prefixOfRoots(partition);
    const stored = await log.listLatest(prefix);
    const known = [...stored.keys()].map((name) => Number(name.slice(prefix.length)));
    for (let older = Math.max(Math.min(...known), epoch - EPOCHS_MAX); older < epoch; older++) {
      const name = nameOfRoot(partition, older);
      const text = stored.get(name);
      const root = text === undefined ? null : readRoot(text);
      if (text !== undefined) await log.dropLatest(name);
      await this.dropPieces(older, root?.first ?? 0, (root?.next ?? 0) + unnamed);
    }
  }
}
