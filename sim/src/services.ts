import { AttemptLoop, poolOf, Slots } from '@fermata/agent-runner';
import { ProjectionLoop, PROJECTOR_GROUP } from '@fermata/audit-projector';
import { Scheduler } from '@fermata/scheduler';
import { LogConsumer, type EventBatch } from '@fermata/service';
import { ORIGIN, type LogPort, type Place } from '@fermata/log';
import { observed, onlookerOf, type Observer } from './observe';
import type { Simulation } from './simulation';
import { agentsOf } from './sim-agent';
import type { SimProcess } from './sim-process';
import { THINKER } from './workflows';

/** A service that runs in a process of its own, and how it is stopped in good order. */
export interface Service {
  stop(): Promise<void>;
}

export type StartService = (sim: Simulation, process: SimProcess, log: LogPort) => Service;

/** Owns partitions. */
export function startScheduler(sim: Simulation, process: SimProcess, log: LogPort): Service {
  let nonces = 0;
  const { scenario } = sim;
  const scheduler = new Scheduler({
    log,
    config: {
      owner: process.name,
      nonce: () => `${process.name}/${(nonces += 1)}`,
      keyWindowMs: scenario.keyWindowMs,
      batchMax: scenario.batchMax,
      turnsMax: scenario.turnsMax,
      tenantCommandsPerSecond: scenario.tenantCommandsPerSecond,
      openAttemptsMax: scenario.openAttemptsMax,
      queuedStepsMax: scenario.queuedStepsMax,
      readMax: scenario.readMax,
      readAheadMax: scenario.readAheadMax,
      resendsMax: scenario.resendsMax,
      restoreEveryEvents: scenario.restoreEveryEvents,
      restoreEveryMs: scenario.restoreEveryMs,
      setAsideMax: 5,
      lookOn: (partition) => onlookerOf(sim.observer, process, partition),
    },
  });
  scheduler.onApplicationBootstrap();
  return { stop: () => scheduler.beforeApplicationShutdown() };
}

/** Performs attempts. */
export function startRunner(sim: Simulation, process: SimProcess, log: LogPort): Service {
  const { world, sink, scenario } = sim;
  const { agentConcurrency } = scenario;
  const isCalm = (): boolean => sim.faults.areOver;
  const agents = agentsOf({ world, sink, process, isCalm, agentConcurrency });
  const slots = new Slots(scenario.runnerAttemptsMax);
  const tools = { log, agents, slots, runner: process.name } as unknown;
  const hasPools = scenario.hasPools && scenario.runners > 1;
  const pool = poolOf(hasPools ? agentsServedBy(process.name) : '');
  const loop = new AttemptLoop(tools as ConstructorParameters<typeof AttemptLoop>[0], pool);
  const consumer = new LogConsumer(
    observed(sim.observer, {
      log,
      group: pool.group,
      isShared: true,
      startPlace: (partition) => loop.startPlace(partition),
      released: (partition) => loop.release(partition),
      consume: (batch) => loop.consume(batch),
    }),
  );
  consumer.start();
  return { stop: () => consumer.stop() };
}

/** The first runner performs one agent, the others the rest. */
function agentsServedBy(runner: string): string {
  return runner.startsWith('runner-1.') ? THINKER : `!${THINKER}`;
}

/** Folds the log into the read model. */
export function startProjector(sim: Simulation, process: SimProcess, log: LogPort): Service {
  const source: unknown = sim.database.source({ ...sim.wire, process, canCrash: true });
  const loop = new ProjectionLoop(source as ConstructorParameters<typeof ProjectionLoop>[0]);
  const consumer = new LogConsumer(
    observed(sim.observer, {
      log,
      group: PROJECTOR_GROUP,
      isShared: true,
      startPlace: (partition) => loop.startPlace(partition),
      consume: (batch) => loop.consume(batch),
    }),
  );
  consumer.start();
  return { stop: () => consumer.stop() };
}

/** Reads every partition from its start, as whoever shows live updates does. */
export function readAll(
  observer: Observer,
  log: LogPort,
  group: string,
  hear: (batch: EventBatch) => void,
): LogConsumer {
  const consumer = new LogConsumer(
    observed(observer, {
      log,
      group,
      startPlace: async (): Promise<Place> => ORIGIN,
      consume: async (batch) => hear(batch),
    }),
  );
  consumer.start();
  return consumer;
}
