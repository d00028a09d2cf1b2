import type { Event } from '@fermata/contracts';
import type { Attempt } from './attempt';

/** Attempts by run and then by step, oldest first within a run. */
export type Attempts = Map<string, Map<string, Attempt>>;

/** Under what a run's attempts stand: two tenants may have runs of one name. */
export function runOf({ tenant, run }: Pick<Event, 'tenant' | 'run'>): string {
  return `${tenant}/${run}`;
}

/** All attempts of all runs. */
export function* allOf(attempts: Attempts | undefined): Generator<Attempt> {
  for (const steps of attempts?.values() ?? []) yield* steps.values();
}

/** Adds an attempt. */
export function put(attempts: Attempts, attempt: Attempt): void {
  const { task } = attempt;
  const run = runOf(task);
  const steps = attempts.get(run) ?? new Map<string, Attempt>();
  attempts.set(run, steps.set(task.data.step, attempt));
}

/** Takes the attempt of a step out, if there is one. */
export function remove(attempts: Attempts, run: string, step: string): Attempt | undefined {
  const steps = attempts.get(run);
  const attempt = steps?.get(step);
  steps?.delete(step);
  if (steps?.size === 0) attempts.delete(run);
  return attempt;
}

/** Closes the attempts of a run that has ended. */
export function closeAll(attempts: Attempts, run: string): void {
  for (const attempt of attempts.get(run)?.values() ?? []) attempt.close();
  attempts.delete(run);
}
