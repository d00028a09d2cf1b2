import type { Random } from './random';

/** How often things go wrong in one simulation; shares of all calls, or of all moments. */
export interface Rates {
  /** A call that never arrives. */
  readonly lost: number;
  /** A call that arrives and whose answer is lost. */
  readonly unheard: number;
  /** A call that arrives after its sender has given it up. */
  readonly late: number;
  /** A call that arrives twice. */
  readonly doubled: number;
  /** A process that dies at a call. */
  readonly crash: number;
  /** A call, or an answer, that takes seconds. */
  readonly slow: number;
  /** A read that fails. */
  readonly readFails: number;
  /** A hint of a group that is wrong or old. */
  readonly wrongHint: number;
}

const CALM: Rates = {
  lost: 0,
  unheard: 0,
  late: 0,
  doubled: 0,
  crash: 0,
  slow: 0,
  readFails: 0,
  wrongHint: 0,
};

/** Kinds of bad weather; most simulations have one, some have all. */
const WEATHERS: readonly Rates[] = [
  { ...CALM, crash: 0.012, wrongHint: 0.1 },
  { ...CALM, lost: 0.02, unheard: 0.03, slow: 0.02 },
  { ...CALM, late: 0.06, doubled: 0.06, slow: 0.02, wrongHint: 0.1 },
  { ...CALM, readFails: 0.03, slow: 0.03, wrongHint: 0.4 },
  {
    lost: 0.015,
    unheard: 0.02,
    late: 0.03,
    doubled: 0.03,
    crash: 0.006,
    slow: 0.02,
    readFails: 0.01,
    wrongHint: 0.25,
  },
];

const APPEND_FACTOR = 2.5;

/** What becomes of one call to the log. */
export interface Fate {
  readonly kind: 'heard' | 'lost' | 'unheard' | 'late' | 'doubled';
  /** When its sender dies: at once unsent, once it is sent, or when it has arrived. */
  readonly crash: 'never' | 'unsent' | 'sent' | 'arrived';
  readonly outMs: number;
  readonly backMs: number;
  /** How long after it was sent its sender gives it up. */
  readonly givenUpMs: number;
  /** When it arrives late, or for the second time. */
  readonly lateMs: number;
}

/** The bad luck of one simulation. */
export class Faults {
  private rates: Rates;

  constructor(private readonly random: Random) {
    const isMixed = random.chance(0.4);
    this.rates = isMixed ? (WEATHERS[WEATHERS.length - 1] ?? CALM) : random.pick(WEATHERS);
  }

  /** From now on nothing goes wrong any more. */
  end(): void {
    this.rates = CALM;
  }

  get areOver(): boolean {
    return this.rates === CALM;
  }

  /** Time that a message takes. */
  latencyMs(): number {
    const { random } = this;
    if (random.chance(this.rates.slow)) return random.int(300, 4_000);
    return 0.2 + random.next() * 4;
  }

  /** What becomes of a call; appends, on which everything rests, have less luck than others. */
  fate(canCrash: boolean, isAppend: boolean): Fate {
    const { random, rates } = this;
    const dies = canCrash && random.chance(rates.crash);
    return {
      kind: this.kindOfFate(isAppend ? APPEND_FACTOR : 1),
      crash: dies ? random.pick(['unsent', 'sent', 'arrived'] as const) : 'never',
      outMs: this.latencyMs(),
      backMs: this.latencyMs(),
      givenUpMs: random.int(500, 3_000),
      lateMs: random.chance(0.3) ? random.int(3_000, 15_000) : random.int(1, 3_000),
    };
  }

  private kindOfFate(factor: number): Fate['kind'] {
    const { lost, unheard, late, doubled } = this.rates;
    let die = this.random.next() / factor;
    if ((die -= lost) < 0) return 'lost';
    if ((die -= unheard) < 0) return 'unheard';
    if ((die -= late) < 0) return 'late';
    return die - doubled < 0 ? 'doubled' : 'heard';
  }

  readFails(): boolean {
    return this.random.chance(this.rates.readFails);
  }

  hintIsWrong(): boolean {
    return this.random.chance(this.rates.wrongHint);
  }
}
