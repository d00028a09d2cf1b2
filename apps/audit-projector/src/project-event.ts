import { isRunEvent, type Event } from '@fermata/contracts';
import type { Changes } from './changes';
import type { EventPlace } from './projections/projection';
import { PROJECTIONS } from './projections/projections';

/** Adds what an event changes in the read model to the batch's changes. */
export function projectEvent(changes: Changes, event: Event, place: EventPlace): void {
  if (!isRunEvent(event)) return;
  const { tenant, run, at } = event;
  for (const { table, rowOf, sweep } of PROJECTIONS) {
    const row = rowOf(event, place);
    if (row !== null) changes.set(table, { tenant, run, ...row });
    if (sweep?.by(event) === true) changes.sweep(table, { tenant, run, at });
  }
}
