import { canonicalJson, type Json } from '@fermata/contracts';
import { stepsOf, type PartitionState, type RunState } from '@fermata/core';
import type { Place } from '@fermata/log';
import type { Broker } from './broker';
import type { LiveOwner, Observer, Reading } from './observe';
import type { Oracle } from './oracle';
import type { Tally } from './tally';
import type { Violations } from './violations';

/** Who took what the log has lost must stop: going on would join two histories. */
export const BEHIND_LOSS = 'nobody goes on behind records that are not there';

/** What is known of one reader. */
interface ReaderState {
  /** How often the log had been cut off when it began. */
  cuts: number;
  /** Offset of the last record that it took, or began behind. */
  last: number;
}

/** Checks that all who read the log read the same, and that owners remember what it says. */
export class ReaderChecker implements Observer {
  private readonly readings = new WeakMap<object, ReaderState>();
  private owners: (() => LiveOwner)[] = [];

  constructor(
    private readonly violations: Violations,
    private readonly broker: Broker,
    private readonly oracles: readonly Oracle[],
    /** The lowest offset that a partition's log ever lost. */
    private readonly cutAt: (partition: number) => number,
    private readonly tally: Tally,
  ) {}

  read(reader: object, partition: number, from: Place, record: Reading, took: boolean): void {
    const { violations } = this;
    const oracle = this.oracles[partition];
    const shelf = this.broker.shelf('log', partition);
    if (oracle === undefined) return;
    const cuts = has(oracle, from) ? shelf.cuts : -1;
    const reading = this.readings.get(reader) ?? { cuts, last: from.offset };
    this.readings.set(reader, reading);
    const place = `log/${partition}/${record.offset}`;
    const stored = shelf.records[record.offset];
    const counted = oracle.verdicts[record.offset] ?? null;
    const isStored = stored !== undefined && record.isOf(stored, counted?.event);
    // What was acknowledged before a loss and is heard of after it is not read: it is remembered.
    if (shelf.cuts > 0 && !isStored) return;
    const said = counted === null ? 'is to be passed over' : `counts as seq ${counted.seq}`;
    violations.check(took === (counted !== null), 'all readers accept the same records', () => {
      return `${place} ${said}, found it ${took ? 'taken' : 'passed over'}`;
    });
    if (!took || counted === null) return;
    violations.check(isStored, 'readers take what is stored', () => place);
    // Who had not come as far as what was lost knows nothing of it.
    if (reading.last < this.cutAt(partition)) reading.cuts = shelf.cuts;
    const isFact = counted.event.type !== 'PartitionClaimed';
    const isBehind = reading.cuts !== shelf.cuts && isFact;
    const isLedTo = from.epoch === counted.epoch && from.seq === counted.seq - 1;
    // A loss that a place does not tell, since as many records took its place, is not seen.
    if (isBehind && isLedTo) this.tally.add('loss that a reader did not see');
    violations.check(!isBehind || isLedTo, BEHIND_LOSS, () => {
      return `${place} was taken after ${reading.last}, which the log does not have`;
    });
    const last = oracle.lastUpTo(record.offset - 1)?.offset ?? -1;
    violations.check(last <= reading.last, 'readers miss nothing', () => {
      return `${place} was taken right after ${reading.last}, without ${last}`;
    });
    reading.last = record.offset;
  }

  owns(owner: () => LiveOwner): void {
    this.owners.push(owner);
  }

  /** Compares each live owner that has read to the end with the fold of the log from its start. */
  compareOwners(): void {
    this.owners = this.owners.filter((owner) => !owner().process.isDead);
    for (const owner of this.owners) {
      const { partition, place, state, process } = owner();
      const oracle = this.oracles[partition];
      if (oracle === undefined || place.seq !== oracle.seq || place.epoch !== oracle.epoch)
        continue;
      const [live, folded] = [textOf(state), textOf(oracle.state)];
      this.violations.check(live === folded, 'replay equals live', () => {
        return `${process.name} on partition ${partition}: ${differenceOf(live, folded)}`;
      });
    }
  }
}

/** Whether a place is one of the log's: a place is all that a reader knows of what it has read. */
function has(oracle: Oracle, { offset, epoch, seq }: Place): boolean {
  const last = oracle.lastUpTo(offset);
  return (last?.seq ?? 0) === seq && (last?.epoch ?? 0) === epoch;
}

/** Numbers that text can't tell from 0, and a decision can: no state that was read has one. */
function countMinusZeros(value: unknown): number {
  if (typeof value === 'number') return Object.is(value, -0) ? 1 : 0;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((sum, one) => sum + countMinusZeros(one), 0);
}

/** A partition's state as text, the same for equal states. */
export function textOf(state: PartitionState): string {
  const runs = [...state.runs].map(([key, run]) => [key, listed(run)] as const);
  const ended = [...state.ended].map(([key, { run, keyFreeAt }]) => {
    return [key, { ...listed(run), keyFreeAt }] as const;
  });
  const timers = runs.flatMap(([key, run]) =>
    ['', ...run.steps.map(([step]) => step)].map((step) => {
      return [step, state.timers.dueAt(`${key}#${step}`) ?? null] as const;
    }),
  );
  return canonicalJson({
    minusZeros: countMinusZeros(runs),
    at: state.at,
    runs: sorted(runs),
    // What stands first is dropped first.
    ended,
    commands: [...state.commands],
    lives: sorted(state.lives),
    definitions: [...state.definitions.keys()].sort(),
    timers: sorted(timers),
    armed: state.timers.size,
    openOf: sorted(state.openOf),
    queued: sorted(
      [...state.queued].map(([tenant, queue]) => [tenant, queue.due(Infinity, 1_000)]),
    ),
  } as unknown as Json);
}

function listed(run: RunState) {
  return { ...run, steps: sorted(stepsOf(run)) };
}

function sorted<T>(entries: Iterable<readonly [string, T]>): (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Where two texts part. */
export function differenceOf(one: string, other: string): string {
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - 80);
  return `live …${one.slice(from, at + 120)}… folded …${other.slice(from, at + 120)}…`;
}
