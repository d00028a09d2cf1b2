import type { Broker } from './broker';
import type { EffectSink } from './effect-sink';
import type { Faults } from './faults';
import type { Wire } from './log-port';
import type { Oracle } from './oracle';
import type { Random } from './random';
import type { Scenario } from './scenario';
import type { Violations } from './violations';
import type { World } from './world';

/** What all parts of one simulation share. */
export interface Simulation {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly world: World;
  readonly broker: Broker;
  readonly faults: Faults;
  readonly violations: Violations;
  readonly oracles: readonly Oracle[];
  readonly sink: EffectSink;
  /** By partition, the lowest offset of its log that was lost after it had been acknowledged. */
  readonly losses: Map<number, number>;
  /** How a process without faults of its own reaches the log. */
  readonly wire: Omit<Wire, 'process' | 'canCrash'>;
}
