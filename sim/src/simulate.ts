import 'reflect-metadata';
import { canonicalJson, nameOfDefinition, type Json } from '@fermata/contracts';
import { Logger } from '@nestjs/common';
import { Broker } from './broker';
import { callAll } from './callers';
import { Chaos } from './chaos';
import { CommandChecker } from './check-commands';
import { EventChecker } from './check-events';
import { ReaderChecker } from './check-readers';
import { checkProjection } from './check-projection';
import { checkRuns } from './check-runs';
import { EffectSink } from './effect-sink';
import { Faults } from './faults';
import { Groups } from './groups';
import { portOf } from './log-port';
import { Oracle } from './oracle';
import { startPeople } from './people';
import { poisonRuns, shareCompiled } from './definitions';
import { Random } from './random';
import { drawScenario, lowerLimits, type Scenario } from './scenario';
import { Sender } from './sender';
import { startProjector, startRunner, startScheduler } from './services';
import { SimDatabase } from './sim-database';
import type { Wire } from './wire';
import { SimProcess } from './sim-process';
import type { Mutant, Simulation } from './simulation';
import { Violations, type Violation } from './violations';
import { installTime } from './virtual-time';
import { FLOWS } from './workflows';
import { BEGINNING_MS, World } from './world';

/** How a seed is simulated. */
export interface Options {
  /** Notes everything that happens. */
  readonly isVerbose?: boolean;
  readonly mutant?: Mutant;
}

/** How a simulation ended. */
export interface Result {
  readonly seed: number;
  readonly violations: readonly Violation[];
  /** Hash over all that happened: the same for the same seed and code. */
  readonly history: string;
  readonly notes: readonly string[];
  readonly events: number;
  readonly records: number;
  readonly effects: number;
  readonly tally: ReadonlyMap<string, number>;
  readonly scenario: Scenario;
}

/** After the faults are over, everything must have come to an end within this time. */
const PATIENCE_MS = 6 * 3_600_000;
const REST_MS = 30_000;
/** Appends after which live owners are compared with the log. */
const COMPARE_EVERY = 25;

/** Runs the whole system once, as the seed says. */
export async function simulate(
  seed: number,
  { isVerbose = false, mutant = {} }: Options = {},
): Promise<Result> {
  const random = new Random(seed);
  const scenario = drawScenario(random);
  const world = new World(random.fork(), isVerbose);
  const undo = [lowerLimits(scenario.limits), installTime(world)];
  if (mutant.install !== undefined) undo.push(mutant.install());
  const run = new Run(scenario, random, world, mutant);
  undo.push(poisonRuns(run.sim), shareCompiled(), listenToErrors(run.sim));
  try {
    await run.toTheEnd();
  } catch (error) {
    run.sim.violations.check(false, 'the simulation itself holds', () =>
      String((error as Error).stack),
    );
  } finally {
    for (const one of undo.reverse()) one();
  }
  return run.result(seed);
}

/** An error that nobody handles would end a real process. */
function listenToErrors({ violations, world }: Simulation): () => void {
  const hear = (error: unknown): void => {
    violations.check(false, 'no error is left unhandled', () => String((error as Error).stack));
  };
  process.on('unhandledRejection', hear);
  const say = (message: unknown): void => world.note(() => `says: ${String(message)}`);
  const quiet = () => undefined;
  Logger.overrideLogger({
    log: quiet,
    debug: quiet,
    verbose: quiet,
    warn: say,
    error: say,
    fatal: say,
  });
  return () => void process.off('unhandledRejection', hear);
}

class Run {
  readonly sim: Simulation;
  readonly readers: ReaderChecker;
  private readonly commands: CommandChecker;
  private landed = 0;
  private called = false;

  constructor(scenario: Scenario, random: Random, world: World, mutant: Mutant) {
    const violations = new Violations(world);
    const faults = new Faults(random.fork());
    const sink = new EffectSink(violations);
    const events = new EventChecker(violations, scenario.openAttemptsMax);
    const broker = new Broker(world, scenario, (shelf, records) => {
      if (shelf.topic === 'commands') this.commands.stored(shelf.partition, records);
      else this.land(shelf.partition, records);
    });
    this.commands = new CommandChecker(violations, broker);
    const oracles = Array.from(
      { length: scenario.partitions },
      (_, partition) =>
        new Oracle(partition, scenario.keyWindowMs, violations, world.tally, {
          before: (of, record, state) => events.check(record, of, state),
          after: (of, records, oracle) => {
            this.commands.landed(of, records, oracle);
            sink.landed(records);
            checkRuns(violations, oracle.state, records);
          },
        }),
    );
    const losses = new Map<number, number>();
    const cutAt = (partition: number): number => losses.get(partition) ?? Number.POSITIVE_INFINITY;
    this.readers = new ReaderChecker(violations, broker, oracles, cutAt, world.tally);
    const groups = new Groups(world, faults, scenario.partitions);
    const wire = { world, broker, groups, faults };
    this.sim = {
      scenario,
      random,
      world,
      broker,
      faults,
      violations,
      oracles,
      observer: this.readers,
      sink,
      database: new SimDatabase(),
      mutant,
      losses,
      wire,
    };
  }

  async toTheEnd(): Promise<void> {
    const { sim } = this;
    const { world, scenario, faults, violations } = sim;
    const chaos = this.begin();
    const isBad = (): boolean => violations.isAny;
    await world.runUntil(BEGINNING_MS + scenario.chaosMs, isBad);
    faults.end();
    chaos.heal();
    if (sim.losses.size > 0) {
      await world.runUntil(world.now + 60_000, isBad);
      return;
    }
    await this.settle(isBad);
    if (!isBad()) this.checkEnd();
    if (!isBad() && scenario.projectors > 0) await checkProjection(sim);
  }

  /** Lets time pass until all has been at rest for a while: old copies may still come. */
  private async settle(isBad: () => boolean): Promise<void> {
    const { world } = this.sim;
    const until = world.now + PATIENCE_MS;
    while (world.now < until && !isBad()) {
      await world.runUntil(until, () => isBad() || this.isQuiet());
      await world.runUntil(Math.min(until, world.now + REST_MS), isBad);
      if (this.isQuiet()) return;
    }
  }

  private begin(): Chaos {
    const { sim } = this;
    const { scenario, world, broker } = sim;
    for (const { hash, definition } of FLOWS) {
      const text = canonicalJson(definition as unknown as Json);
      broker.latest.set(nameOfDefinition(hash), text);
    }
    const chaos = new Chaos(sim);
    for (let nth = 1; nth <= scenario.schedulers; nth++)
      chaos.keep('scheduler', nth, startScheduler);
    for (let nth = 1; nth <= scenario.runners; nth++) chaos.keep('runner', nth, startRunner);
    for (let nth = 1; nth <= scenario.projectors; nth++)
      chaos.keep('projector', nth, startProjector);
    chaos.begin();
    const person = new SimProcess('people', 0);
    const wire: Wire = { ...sim.wire, process: person, canCrash: false };
    const log = portOf(wire);
    const sender = new Sender(wire, log);
    world.as(person, () => {
      startPeople(sim, log, sender);
      void callAll(sim, sender).then(() => (this.called = true));
    });
    return chaos;
  }

  private land(partition: number, records: Parameters<Oracle['land']>[0]): void {
    const { oracles, world } = this.sim;
    world.note(
      () => `LANDED ${records.map((one) => `${one.offset}: ${one.headers['fence']}`).join(', ')}`,
    );
    oracles[partition]?.land(records);
    this.landed += 1;
    if (this.landed % COMPARE_EVERY === 0) this.readers.compareOwners();
  }

  /** Whether all was said and every run has ended. */
  private isQuiet(): boolean {
    return this.called && this.sim.oracles.every(({ state }) => state.runs.size === 0);
  }

  private checkEnd(): void {
    const { oracles, violations } = this.sim;
    for (const { state, partition } of oracles) {
      const left = [...state.runs].map(([key, { status }]) => `${key} is ${status}`);
      violations.check(
        left.length === 0,
        'every run ends',
        () => `${partition}: ${left.join(', ')}`,
      );
    }
    violations.check(this.called, 'every command is stored in the end', () => 'some are not');
    this.commands.checkAll();
    this.readers.compareOwners();
  }

  result(seed: number): Result {
    const { world, violations, oracles, sink, scenario } = this.sim;
    const records = oracles.reduce((sum, { seq }) => sum + seq, 0);
    return {
      seed,
      violations: violations.all,
      history: world.history,
      notes: world.notes,
      events: world.events,
      records,
      effects: sink.calls,
      tally: world.tally.counts,
      scenario,
    };
  }
}
