import { approvals } from './approvals';
import { attempts } from './attempts';
import { checkpoints } from './checkpoints';
import { gates } from './gates';
import type { Projection } from './projection';
import { runs } from './runs';
import { steps } from './steps';

/** All projections, in the order in which an event's changes are written. */
export const PROJECTIONS: readonly Projection[] = [
  runs,
  steps,
  attempts,
  checkpoints,
  gates,
  approvals,
];
