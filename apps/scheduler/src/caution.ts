import type { Event } from '@fermata/contracts';

/** Claims in a row, without the position moving, after which an owner decides one by one. */
const CLAIMS_MAX = 3;
/** Owners in a row that ended while they decided a command alone, until it is a dead letter. */
const ENDED_MAX = 2;

/** What is to be done with a command that an owner is about to decide alone. */
export type Care =
  | { readonly kind: 'decide' }
  /** `unread`: an owner also ended while it stored the dead letter, so it is not even read. */
  | { readonly kind: 'dead-letter'; readonly owners: number; readonly unread: boolean };

/**
 * What the log tells of owners that ended one after another without getting on: folded from
 * accepted records, so that every owner comes to the same end. A claim alone tells nothing of a
 * command, since owners also end by restarts; but an owner that decides one alone says so before,
 * and one that lived through it says so in its next claim.
 */
export class Caution {
  private claims = 0;
  private deciding: number | null = null;
  /** The last command that owners ended at, each while it decided that alone. */
  private ended: { readonly offset: number; readonly owners: number } | null = null;

  constructor(private position: number) {}

  /** Notes an accepted record and the position that it carries, which a claim has not. */
  note(event: Event, position: number | null): void {
    if (position !== null && position > this.position) {
      this.position = position;
      this.claims = 0;
      this.ended = null;
    }
    if (event.type === 'PartitionClaimed') this.claimed(event.data.survived);
    else this.deciding = decidingOf(event);
  }

  /** Whether commands must be decided one by one, each said before. */
  get isRaised(): boolean {
    return this.claims >= CLAIMS_MAX || this.ended !== null;
  }

  /** What to do with the command at an offset. */
  careFor(offset: number): Care {
    const owners = this.ended?.offset === offset ? this.ended.owners : 0;
    if (owners < ENDED_MAX) return { kind: 'decide' };
    return { kind: 'dead-letter', owners, unread: owners > ENDED_MAX };
  }

  private claimed(survived: number | undefined): void {
    this.claims += 1;
    const { deciding, ended } = this;
    this.deciding = null;
    if (deciding !== null) {
      const owners = ended?.offset === deciding ? ended.owners : 0;
      this.ended = { offset: deciding, owners: owners + 1 };
    }
    if (survived !== undefined && this.ended?.offset === survived) this.ended = null;
  }
}

function decidingOf(event: Event): number | null {
  return event.type === 'PositionAdvanced' ? (event.data.deciding ?? null) : null;
}
