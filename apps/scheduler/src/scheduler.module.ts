import { Fault } from '@fermata/contracts';
import type { LogPort, Membership } from '@fermata/log';
import { tellGauge } from '@fermata/service';
import {
  Inject,
  Injectable,
  Logger,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Workload } from './backlog';
import { CommandLoop } from './command-loop';
import { DefinitionStore } from './definition-store';
import { schedulerConfig, type SchedulerConfig } from './scheduler.config';

/** What a scheduler is told. */
export interface SchedulerOptions {
  readonly log: LogPort;
  readonly config?: Partial<SchedulerConfig>;
}

const OPTIONS = Symbol('SCHEDULER_OPTIONS');
/** The group that shares the partitions among schedulers. */
const GROUP = 'scheduler';

/** A loop that lasted this long did not fail at its start. */
const LONG_RUN_MS = 10_000;

/** The loop of a partition that was given to this process, and its end. */
interface Owned {
  readonly loop: CommandLoop;
  readonly ended: Promise<void>;
}

/** Runs a command loop for each partition that is given to this process. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Scheduler');
  private readonly owned = new Map<number, Owned>();
  private readonly ending = new Set<Promise<void>>();
  private readonly definitions: DefinitionStore;
  private readonly config: SchedulerConfig;
  private readonly workload: Workload;
  private membership: Promise<Membership> | undefined;
  private stopping = false;

  constructor(@Inject(OPTIONS) private readonly options: SchedulerOptions) {
    this.definitions = new DefinitionStore(options.log);
    this.config = schedulerConfig(options.config);
    this.workload = new Workload(this.config);
    tellGauge('fermata.scheduler.backlog', 'Characters of commands read and not decided', () => [
      { value: this.workload.held, attributes: {} },
    ]);
  }

  onApplicationBootstrap(): void {
    this.membership = this.options.log.join(GROUP, (partitions) => this.assign(partitions));
  }

  /** Ends after the commits under way, and only then gives the partitions back. */
  async beforeApplicationShutdown(): Promise<void> {
    this.assign([]);
    // A group that is just shared anew must not give us what nobody would stop.
    this.stopping = true;
    await Promise.all(this.ending);
    await (await this.membership)?.leave();
  }

  /** The group's word is a hint: who owns a partition is told by its log. */
  private assign(partitions: readonly number[]): void {
    if (this.stopping) return;
    for (const [partition, { loop, ended }] of this.owned) {
      if (partitions.includes(partition)) continue;
      loop.stop();
      this.owned.delete(partition);
      this.ending.add(ended);
      void ended.finally(() => this.ending.delete(ended));
    }
    for (const partition of partitions) {
      if (this.owned.has(partition)) continue;
      const { log } = this.options;
      const loop = new CommandLoop(log, partition, this.definitions, this.config, this.workload);
      this.owned.set(partition, { loop, ended: this.keepRunning(loop, partition) });
    }
  }

  /** A loop that fails folds the log again: what it did not confirm, it does not remember. */
  private async keepRunning(loop: CommandLoop, partition: number): Promise<void> {
    for (let failures = 0; !loop.isStopped; failures += 1) {
      const startedAt = Date.now();
      try {
        await loop.run();
      } catch (error) {
        if (error instanceof Fault && error.code === 'LOG_TRUNCATED') {
          this.logger.fatal(`partition ${partition} is halted: ${error.message}`);
          return;
        }
        this.logger.error(`partition ${partition} stopped and is taken over again: ${error}`);
        if (Date.now() - startedAt > LONG_RUN_MS) failures = 0;
        await this.config.pause(failures);
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
