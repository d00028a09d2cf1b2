import { BEHIND_LOSS } from './check-readers';
import type { Random } from './random';
import type { Simulation } from './simulation';

/** After a loss only this is asked: that whoever knows of it stops, and stays alive to say so. */
const AFTER_LOSS = [BEHIND_LOSS, 'no error is left unhandled', 'the simulation itself holds'];

/** The broker loses what it had acknowledged: the end of one log. */
export function loseLog(sim: Simulation, random: Random): void {
  const partition = random.int(0, sim.scenario.partitions - 1);
  const end = sim.broker.end('log', partition);
  const from = Math.max(0, end - random.int(1, 6));
  if (from === end) return;
  sim.violations.narrowTo(AFTER_LOSS);
  sim.losses.set(partition, from);
  sim.world.tally.add('log cut off');
  sim.world.note(() => `the log of partition ${partition} is cut off at ${from} of ${end}`);
  sim.broker.cutOff('log', partition, from);
  sim.oracles[partition]?.cutOff(from);
}

/** Commands are deleted before anybody has read them, as by too short a retention. */
export function loseCommands(sim: Simulation, random: Random): void {
  const partition = random.int(0, sim.scenario.partitions - 1);
  const shelf = sim.broker.shelf('commands', partition);
  const position = sim.oracles[partition]?.position ?? 0;
  if (shelf.records.length <= position) return;
  shelf.first = random.int(position + 1, shelf.records.length);
  sim.losses.set(partition, Number.POSITIVE_INFINITY);
  sim.world.tally.add('commands deleted');
  sim.world.note(() => `commands of ${partition} are deleted from ${position} to ${shelf.first}`);
}

/** Something happens to what restore points are made of: it is gone, old, torn or other. */
export function damageRestorePoint({ broker, world }: Simulation, random: Random): void {
  const roots = [...broker.latest.keys()].filter((name) => name.startsWith('restore/'));
  const places = [...broker.parts.keys()].filter((place) => broker.parts[place] !== null);
  const name = roots.length > 0 ? random.pick(roots) : null;
  const place = places.length > 0 ? random.pick(places.slice(-6)) : null;
  world.tally.add('restore point damaged');
  world.note(() => `restore point ${name}, piece ${place} are damaged`);
  const part = place === null ? null : (broker.parts[place] ?? null);
  const die = random.int(0, 3);
  if (die === 0 && place !== null) broker.parts[place] = null;
  else if (die === 1 && place !== null && part !== null) {
    broker.parts[place] = { ...part, text: torn(part.text, random) };
  } else if (die === 2 && name !== null) broker.latest.delete(name);
  else if (name !== null) broker.latest.set(name, torn(broker.latest.get(name) ?? '', random));
}

function torn(text: string, random: Random): string {
  return text.slice(0, random.int(0, Math.max(0, text.length - 1)));
}
