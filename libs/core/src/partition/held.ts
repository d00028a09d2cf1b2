import type { Json, RunEvent, StepPath } from '@fermata/contracts';
import { getEntry } from '../persistent-map';
import { hasEnded, stepsOf, type RunState } from '../run/state';
import { gateAt, type StepState } from '../steps/kind';

/** A run and each of its steps that was touched, without what callers and agents gave: about. */
const RUN_BYTES = 1_000;
const STEP_BYTES = 400;

/** Bytes of memory that a value takes once read, about: `{}` is two characters and 56 bytes. */
export function bytesHeld(value: Json | undefined): number {
  if (value === undefined || value === null || typeof value === 'boolean') return 0;
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return 24 + value.length;
  if (Array.isArray(value)) {
    let bytes = 32 + 8 * value.length;
    for (const item of value as readonly Json[]) bytes += bytesHeld(item);
    return bytes;
  }
  let bytes = 56;
  for (const [key, member] of Object.entries(value)) bytes += 40 + key.length + bytesHeld(member);
  return bytes;
}

/** What an open run holds of its owner's memory; one that ended holds next to nothing. */
export function heldBy(run: RunState | undefined): number {
  if (run === undefined || hasEnded(run)) return 0;
  let bytes = RUN_BYTES + bytesHeld(run.input);
  for (const [, step] of stepsOf(run)) bytes += heldByStep(step);
  return bytes;
}

/** How much more a run holds after an event, at the cost of the step that the event names. */
export function changeBy(event: RunEvent, before: RunState | undefined, after: RunState): number {
  if (before === undefined || hasEnded(before) || hasEnded(after)) {
    return heldBy(after) - heldBy(before);
  }
  const { data } = event;
  return 'step' in data && data.step !== null ? changeOfStep(before, after, data.step) : 0;
}

/** How much more a run holds after the events of a decision; one that it ends gives all back. */
export function growthBy(
  events: readonly RunEvent[],
  before: RunState | undefined,
  after: RunState,
): number {
  if (hasEnded(after)) return 0;
  if (before === undefined) return heldBy(after);
  const steps = new Set<StepPath>();
  for (const { data } of events) if ('step' in data && data.step !== null) steps.add(data.step);
  let bytes = 0;
  for (const step of steps) bytes += changeOfStep(before, after, step);
  return bytes;
}

/** Asked for each event, when it is decided and when it is folded: two looks at the steps do. */
function changeOfStep(before: RunState, after: RunState, id: StepPath): number {
  const [old, next] = [getEntry(before.steps, id), getEntry(after.steps, id)];
  if (old === next) return 0;
  const touched = STEP_BYTES * (Number(next !== undefined) - Number(old !== undefined));
  const shown = changeOf(old && gateAt(old)?.shown, next && gateAt(next)?.shown);
  const outputs = changeOf(old?.output, next?.output);
  return touched + shown + outputs + changeOf(old?.approved, next?.approved);
}

/** Most events leave a value as it was: then it is not looked through. */
function changeOf(before: Json | undefined, after: Json | undefined): number {
  return before === after ? 0 : bytesHeld(after) - bytesHeld(before);
}

function heldByStep(step: StepState): number {
  const { output, approved } = step;
  return STEP_BYTES + bytesHeld(gateAt(step)?.shown) + bytesHeld(output) + bytesHeld(approved);
}
