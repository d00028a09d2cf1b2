import type { Broker } from './broker';
import type { Faults } from './faults';
import type { Groups } from './groups';
import type { SimProcess } from './sim-process';
import type { World } from './world';

/** What a process reaches the log with. */
export interface Wire {
  readonly world: World;
  readonly broker: Broker;
  readonly groups: Groups;
  readonly faults: Faults;
  readonly process: SimProcess;
  /** Whether the process may die at a call. */
  readonly canCrash: boolean;
}
