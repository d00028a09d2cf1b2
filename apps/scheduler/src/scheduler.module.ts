import { Fault } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import {
  Inject,
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

/** What a scheduler is told. */
export interface SchedulerOptions {
  readonly log: LogPort;
  readonly config?: Partial<SchedulerConfig>;
}

const OPTIONS = Symbol('SCHEDULER_OPTIONS');

/** Runs one command loop for each partition, from start-up to shutdown. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Scheduler');
  private readonly loops: CommandLoop[] = [];
  private running: Promise<void>[] = [];

  constructor(@Inject(OPTIONS) private readonly options: SchedulerOptions) {}

  onApplicationBootstrap(): void {
    const { log } = this.options;
    const definitions = new DefinitionStore(log);
    const config = schedulerConfig(this.options.config);
    for (let partition = 0; partition < log.partitions; partition++) {
      const loop = new CommandLoop(log, partition, definitions, config);
      this.loops.push(loop);
      this.running.push(this.keepRunning(loop, partition, config));
    }
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const loop of this.loops) loop.stop();
    await Promise.all(this.running);
    this.running = [];
  }

  /** A loop that fails folds the log again: what it did not confirm, it does not remember. */
  private async keepRunning(
    loop: CommandLoop,
    partition: number,
    config: SchedulerConfig,
  ): Promise<void> {
    while (!loop.isStopped) {
      try {
        await loop.run();
      } catch (error) {
        if (error instanceof Fault && error.code === 'LOG_TRUNCATED') {
          this.logger.fatal(`partition ${partition} is halted: ${error.message}`);
          return;
        }
        this.logger.error(`partition ${partition} stopped and is taken over again: ${error}`);
        await config.pause();
      }
    }
  }
}

/** Owns partitions: reads commands, decides, appends, confirms, fires timers. */
@Module({})
export class SchedulerModule {
  static register(options: SchedulerOptions): DynamicModule {
    return {
      module: SchedulerModule,
      providers: [{ provide: OPTIONS, useValue: options }, Scheduler],
    };
  }
}
