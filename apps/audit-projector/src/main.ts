import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { openReadModel } from '@fermata/read-model';
import { needed, runService } from '@fermata/service';
import { AuditProjectorModule } from './audit-projector.module';

runService('audit-projector', async (log, env) => {
  const source = await openReadModel(needed(env, 'FERMATA_DATABASE_URL'));
  return {
    module: AuditProjectorModule.register(source),
    connect: (app) => AuditProjectorModule.connect(app, log),
  };
});
