import { createHash } from 'node:crypto';

/** A record of the topic of newest values, as far as it is folded. */
export interface ValueRecord {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Empty when the record lets go of its key; no value that is kept here is empty. */
  readonly value: string;
}

/** What is known of one name. */
interface Known {
  value: string | null;
  /** How often a claim has set it. */
  generation: number;
  /** Keys of the claims that stand in the topic, the one that counts included. */
  readonly claims: Set<string>;
}

const CLAIM_PREFIX = 'claim/';

/**
 * The newest value of each name, folded from a compacted topic; the same for every reader,
 * whatever was compacted before it began.
 *
 * A value that depends on the one before is written as a claim: a record under a key of its own,
 * so that a claim which comes too late does not take the place of the one that won. It names the
 * generation that it makes; of those that make the same one the first in the topic counts. What
 * is superseded is let go of only by who has read back what supersedes it.
 */
export class LatestValues {
  private readonly names = new Map<string, Known>();
  /** The name that each standing claim is on. */
  private readonly nameOf = new Map<string, string>();

  get(name: string): string | null {
    return this.names.get(name)?.value ?? null;
  }

  /** All names with a prefix that have a value, by name. */
  list(prefix: string): ReadonlyMap<string, string> {
    const found: [string, string][] = [];
    for (const [name, { value }] of this.names) {
      if (value !== null && name.startsWith(prefix)) found.push([name, value]);
    }
    return new Map(found.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The claim on a name that makes `value` its newest if that is `expected` now. */
  claimOf(name: string, value: string, expected: string | null, nonce: string): ValueRecord {
    const generation = (this.names.get(name)?.generation ?? 0) + 1;
    const headers = { name, generation: String(generation), expected: digestOf(expected) };
    return { key: `${CLAIM_PREFIX}${nonce}`, headers, value };
  }

  /**
   * Claims on a name that need not stand beside `winner`, or beside a plain value. The last first:
   * a claim that lost must not outlive the one that it lost against.
   */
  superseded(name: string, winner: string | null): readonly string[] {
    return [...(this.names.get(name)?.claims ?? [])].filter((key) => key !== winner).reverse();
  }

  /** Folds a record; true when it is a claim that counts. */
  fold(record: ValueRecord): boolean {
    const { key, value } = record;
    if (key.startsWith(CLAIM_PREFIX))
      return value === '' ? this.dropClaim(key) : this.claim(record);
    // Claims before it need not stand any more, so nobody counts them.
    const known = this.known(key);
    known.value = value === '' ? null : value;
    known.generation = 0;
    this.forget(key, known);
    return false;
  }

  private claim({ key, headers, value }: ValueRecord): boolean {
    const { name = '', generation: said = '', expected } = headers;
    const generation = Number(said);
    const known = this.known(name);
    known.claims.add(key);
    this.nameOf.set(key, name);
    if (!(generation > known.generation)) return false;
    // Who skips a generation has seen it: it was compacted away before this reader began.
    const isNext = generation === known.generation + 1;
    if (isNext && expected !== digestOf(known.value)) return false;
    known.value = value;
    known.generation = generation;
    return true;
  }

  private dropClaim(key: string): boolean {
    const name = this.nameOf.get(key);
    this.nameOf.delete(key);
    const known = name === undefined ? undefined : this.names.get(name);
    if (name === undefined || known === undefined) return false;
    known.claims.delete(key);
    this.forget(name, known);
    return false;
  }

  private known(name: string): Known {
    const known = this.names.get(name) ?? { value: null, generation: 0, claims: new Set<string>() };
    this.names.set(name, known);
    return known;
  }

  private forget(name: string, { value, generation, claims }: Known): void {
    if (value === null && generation === 0 && claims.size === 0) this.names.delete(name);
  }
}

function digestOf(value: string | null): string {
  return value === null ? 'none' : createHash('sha256').update(value).digest('hex');
}
