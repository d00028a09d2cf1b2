import { randomUUID } from 'node:crypto';
import type { LogPort } from '@fermata/log';
import { LogTransport } from '@fermata/service';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import { AddressGuard, type AllowedHost } from './address-guard';
import { AgentDirectory } from './agent-directory';
import { AttemptLoop, RUNNER_GROUP, RUNNER_TOOLS } from './attempt-loop';
import type { RunnerTools } from './attempt';

/** What a runner is told. */
export interface AgentRunnerOptions {
  readonly log: LogPort;
  /** Folder of the user's project: modules of function agents lie inside it. */
  readonly projectDir: string;
  /** Hosts that http agents may be called at beyond https on the public internet. */
  readonly allowedHosts: readonly AllowedHost[];
}

/** Performs attempts through agents. */
@Module({})
export class AgentRunnerModule {
  static register({ log, projectDir, allowedHosts }: AgentRunnerOptions): DynamicModule {
    const agents = new AgentDirectory(log, new AddressGuard(allowedHosts), projectDir);
    const tools: RunnerTools = { log, agents, runner: `runner-${randomUUID()}` };
    return {
      module: AgentRunnerModule,
      controllers: [AttemptLoop],
      providers: [{ provide: RUNNER_TOOLS, useValue: tools }],
    };
  }

  /** Connects the loop of an application that holds this module to the log. */
  static connect(app: INestApplication, log: LogPort): LogTransport {
    const loop = app.get(AttemptLoop);
    const startPlace = (partition: number) => loop.startPlace(partition);
    const released = (partition: number) => loop.release(partition);
    const transport = new LogTransport({ log, group: RUNNER_GROUP, startPlace, released });
    app.connectMicroservice<MicroserviceOptions>({ strategy: transport });
    return transport;
  }
}
