import type { LogPort } from '@fermata/log';
import { LogTransport } from '@fermata/service';
import { Module, type DynamicModule, type INestApplication } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import type { DataSource } from 'typeorm';
import { PROJECTION_SOURCE, PROJECTOR_GROUP, ProjectionLoop } from './projection-loop';

/** Views may be this much late, in milliseconds: fewer, larger transactions are worth it. */
const GATHER_MS = 20;

/** Folds the log into the read model and the audit trail. */
@Module({})
export class AuditProjectorModule {
  static register(source: DataSource): DynamicModule {
    return {
      module: AuditProjectorModule,
      controllers: [ProjectionLoop],
      providers: [{ provide: PROJECTION_SOURCE, useValue: source }],
    };
  }

  /** Connects the loop of an application that holds this module to the log. */
  static connect(app: INestApplication, log: LogPort): LogTransport {
    const loop = app.get(ProjectionLoop);
    const startPlace = (partition: number) => loop.startPlace(partition);
    const options = { log, group: PROJECTOR_GROUP, startPlace, gatherMs: GATHER_MS };
    const transport = new LogTransport(options);
    app.connectMicroservice<MicroserviceOptions>({ strategy: transport });
    return transport;
  }
}
