import type { LogPort } from '@fermata/log';
import type { Broker } from './broker';
import type { EffectSink } from './effect-sink';
import type { Faults } from './faults';
import type { Observer } from './observe';
import type { Oracle } from './oracle';
import type { Random } from './random';
import type { SimDatabase } from './sim-database';
import type { Scenario } from './scenario';
import type { Violations } from './violations';
import type { Wire } from './wire';
import type { World } from './world';

/** Kinds of service processes. */
export type Role = 'scheduler' | 'runner' | 'projector';

/** A way to break the system: shows that the checkers are awake. */
export interface Mutant {
  /** Breaks what a process of this role has in hand. */
  readonly port?: (role: Role, port: LogPort) => LogPort;
  /** Breaks the code; gives what mends it. */
  readonly install?: () => () => void;
}

/** What all parts of one simulation share. */
export interface Simulation {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly world: World;
  readonly broker: Broker;
  readonly faults: Faults;
  readonly violations: Violations;
  readonly oracles: readonly Oracle[];
  /** Looks over the shoulders of whoever reads the log. */
  readonly observer: Observer;
  readonly sink: EffectSink;
  /** The read model's. */
  readonly database: SimDatabase;
  readonly mutant: Mutant;
  /** By partition, the lowest offset of its log that was lost after it had been acknowledged. */
  readonly losses: Map<number, number>;
  /** How a process without faults of its own reaches the log. */
  readonly wire: Omit<Wire, 'process' | 'canCrash'>;
}
