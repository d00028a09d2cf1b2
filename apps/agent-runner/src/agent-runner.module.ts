import { randomUUID } from 'node:crypto';
import type { LogPort } from '@fermata/log';
import { LogTransport, tellGauge } from '@fermata/service';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { AddressGuard } from './address-guard';
import { AgentDirectory } from './agent-directory';
import type { AllowedHost } from '@fermata/sdk';
import { AttemptLoop, RUNNER_POOL, RUNNER_TOOLS } from './attempt-loop';
import type { RunnerTools } from './attempt';
import { poolOf, RUNNER_GROUP, type Pool } from './pool';
import type { RegisteredAgents } from './registered-agents';
import { Slots } from './slots';

/** What a runner is told. */
export interface AgentRunnerOptions {
  readonly log: LogPort;
  /** Function agents that it performs. */
  readonly registered: RegisteredAgents;
  /** Hosts that http agents may be called at beyond https on the public internet. */
  readonly allowedHosts: readonly AllowedHost[];
  /** Agents that it performs, separated by commas, or with `!` before each all others. */
  readonly agents?: string | undefined;
  /** Attempts that it performs at a time. */
  readonly attemptsMax?: number | undefined;
}

/** An attempt that is performed holds its input and output, and for most agents a connection. */
const ATTEMPTS_MAX = 500;

/** Performs attempts through agents. */
@Module({})
export class AgentRunnerModule {
  static register(options: AgentRunnerOptions): DynamicModule {
    const { log, registered, allowedHosts, attemptsMax = ATTEMPTS_MAX } = options;
    const agents = new AgentDirectory(log, { guard: new AddressGuard(allowedHosts), registered });
    const slots = new Slots(attemptsMax);
    tellGauge('fermata.runner.attempts', 'Attempts in this runner', () => [
      { value: slots.busy, attributes: { state: 'busy' } },
      { value: slots.waiting, attributes: { state: 'waiting' } },
    ]);
    const tools: RunnerTools = { log, agents, slots, runner: `runner-${randomUUID()}` };
    const pool = poolOf(options.agents ?? '');
    return {
      module: AgentRunnerModule,
      controllers: [AttemptLoop],
      providers: [
        { provide: RUNNER_TOOLS, useValue: tools },
        { provide: RUNNER_POOL, useValue: pool },
      ],
    };
  }

  /** Connects the loop of an application that holds this module to the log. */
  static connect(app: INestApplication, log: LogPort): LogTransport {
    const loop = app.get(AttemptLoop);
    const startPlace = (partition: number) => loop.startPlace(partition);
    const released = (partition: number) => loop.release(partition);
    const { group } = app.get<Pool>(RUNNER_POOL);
    const reader = { log, group, loop: RUNNER_GROUP, startPlace, released };
    const transport = new LogTransport(reader);
    app.connectMicroservice<MicroserviceOptions>({ strategy: transport });
    return transport;
  }
}
