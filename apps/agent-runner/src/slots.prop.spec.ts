import { LIMITS } from '@fermata/contracts';
import fc from 'fast-check';
import { Slots, type Work } from './slots';

const TENANTS = ['acme', 'bolt', 'cog', 'dill'] as const;
const AGENTS = ['desk', 'lab', 'van'] as const;

type Step =
  | { readonly do: 'enter'; readonly tenant: string; readonly agent: string }
  | { readonly do: 'end' | 'leave'; readonly which: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('enter' as const),
      // One tenant sends most of it.
      tenant: fc.constantFrom('acme', 'acme', 'acme', ...TENANTS),
      agent: fc.constantFrom(...AGENTS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), which: fc.nat() }) },
);

interface Attempt {
  readonly tenant: string;
  readonly agent: string;
  state: 'waits' | 'runs' | 'over';
  readonly abort: AbortController;
  free(): void;
}

/** Attempts in a runner of so many places, at agents of so many each. */
class Runner {
  readonly attempts: Attempt[] = [];
  private readonly slots: Slots;

  constructor(
    readonly max: number,
    readonly agentMax: number,
  ) {
    this.slots = new Slots(max);
  }

  enter(tenant: string, agent: string): Attempt {
    const attempt: Attempt = {
      tenant,
      agent,
      state: 'waits',
      abort: new AbortController(),
      free: () => undefined,
    };
    this.attempts.push(attempt);
    const perform: Work['perform'] = (free) => {
      attempt.state = 'runs';
      return new Promise(() => (attempt.free = free));
    };
    const limited = { id: agent, concurrencyMax: this.agentMax };
    void this.slots.enter(limited, { tenant, signal: attempt.abort.signal, perform });
    return attempt;
  }

  do(step: Step): Attempt | undefined {
    if (step.do === 'enter') return this.enter(step.tenant, step.agent);
    const wanted = this.of(step.do === 'end' ? 'runs' : 'waits');
    const one = wanted[step.which % Math.max(1, wanted.length)];
    if (one === undefined) return undefined;
    one.state = 'over';
    if (step.do === 'end') one.free();
    else one.abort.abort();
    return undefined;
  }

  of(state: Attempt['state'], more: Partial<Pick<Attempt, 'tenant' | 'agent'>> = {}): Attempt[] {
    return this.attempts.filter(
      (one) =>
        one.state === state &&
        (more.tenant ?? one.tenant) === one.tenant &&
        (more.agent ?? one.agent) === one.agent,
    );
  }

  freeAt(agent: string): number {
    return Math.min(
      this.max - this.of('runs').length,
      this.agentMax - this.of('runs', { agent }).length,
    );
  }
}

const world = fc.record({
  max: fc.integer({ min: 1, max: 40 }),
  agentMax: fc.integer({ min: 1, max: 30 }),
  steps: fc.array(step, { maxLength: 250 }),
});

describe('the places of a runner that tenants share', () => {
  it('are never more than there are, of the process and of each agent', () => {
    fc.assert(
      fc.property(world, ({ max, agentMax, steps }) => {
        const runner = new Runner(max, agentMax);
        for (const one of steps) {
          runner.do(one);
          expect(runner.of('runs').length).toBeLessThanOrEqual(max);
          for (const agent of AGENTS) expect(runner.freeAt(agent)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('are there at once for a tenant that holds none, while one is free', () => {
    fc.assert(
      fc.property(world, ({ max, agentMax, steps }) => {
        const runner = new Runner(max, agentMax);
        for (const one of steps) {
          const before =
            one.do === 'enter' && runner.of('runs', { tenant: one.tenant }).length === 0
              ? runner.freeAt(one.agent)
              : 0;
          const entered = runner.do(one);
          if (before > 0) expect(entered?.state).toBe('runs');
          // Nobody who holds none is left waiting where a place is free.
          for (const tenant of TENANTS) {
            if (runner.of('runs', { tenant }).length > 0) continue;
            for (const { agent } of runner.of('waits', { tenant })) {
              expect(runner.freeAt(agent)).toBe(0);
            }
          }
        }
      }),
    );
  });

  it('are not all one tenant’s, however much it sends and however long it holds them', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 600 }),
        fc.constantFrom(...TENANTS.keys()),
        (max, others) => {
          const runner = new Runner(max, 10_000);
          const greedy = TENANTS.slice(0, others + 1);
          for (let round = 0; round < max; round += 1) {
            for (const tenant of greedy) runner.enter(tenant, 'desk');
          }
          const free = max - runner.of('runs').length;
          const least = Math.floor(max / (LIMITS.heldOfFreeMax * greedy.length + 1));
          expect(free).toBeGreaterThanOrEqual(Math.min(1, least));
          expect(free).toBeGreaterThanOrEqual(least - greedy.length);
          if (least > 0) expect(runner.enter('new', 'desk').state).toBe('runs');
        },
      ),
      { numRuns: 50 },
    );
  });

  it('come to whoever waits, at the latest when what runs and waits before it has ended', () => {
    fc.assert(
      fc.property(world, fc.constantFrom(...AGENTS), ({ max, agentMax, steps }, agent) => {
        const runner = new Runner(max, agentMax);
        for (const one of steps) runner.do(one);
        const late = runner.enter('late', agent);
        // Everything that runs now ends once, and nothing new comes: then its turn has come.
        const bound = runner.of('runs').length + runner.of('waits').length;
        for (let ends = 0; late.state === 'waits' && ends < bound; ends += 1) {
          runner.do({ do: 'end', which: 0 });
        }
        expect(late.state).toBe('runs');
      }),
    );
  });
});
