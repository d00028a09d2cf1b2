import { z } from 'zod';
import { duration } from '../duration';
import { stepPath, timestamp } from '../ids';
import { expression } from './parts';

/** For how long a step waits, or until which moment: RFC 3339, given by an expression. */
export const waitDefinition = z.union([
  z.strictObject({ for: duration }),
  z.strictObject({ until: expression }),
]);

const events = {
  /** Until `dueAt` a step lets time pass. A fixed moment stays when its run is paused. */
  WaitBegan: {
    wire: 'fermata.wait.began.v1',
    data: z.strictObject({ step: stepPath, dueAt: timestamp, fixed: z.boolean() }),
  },
} as const;

/** A step that lets time pass, across crashes and restarts. */
export const waitStep = {
  is: 'a wait, which lets time pass',
  fields: { wait: waitDefinition.optional() },
  events,
  commands: {},
} as const;
