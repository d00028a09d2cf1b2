import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { runService } from '@fermata/service';
import { SchedulerModule } from './scheduler.module';

runService('scheduler', async (log) => ({ module: SchedulerModule.register({ log }) }));
