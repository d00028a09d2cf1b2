import type { Event, EventOf, Json, JsonObject } from '@fermata/contracts';
import type { LogPort } from '@fermata/log';
import { pause } from './pause';
import type { Random } from './random';
import { commandOf, type Sender } from './sender';
import { readAll } from './services';
import type { Simulation } from './simulation';

type Opened = EventOf<'GateOpened'>;
interface Person {
  readonly sim: Simulation;
  readonly sender: Sender;
  readonly random: Random;
  /** Questions already seen: reading begins anew after a failure. */
  readonly seen: Set<string>;
}

/** People who read the log: they decide gates and look after runs that were held. */
export function startPeople(sim: Simulation, log: LogPort, sender: Sender): void {
  const person: Person = { sim, sender, random: sim.random.fork(), seen: new Set() };
  readAll(sim.observer, log, 'people', ({ entries }) => {
    for (const { event } of entries) hear(person, event);
  });
  void lookAfterHeld(person);
}

/** Once things go well again, an operator sees to it that no run is held for ever. */
async function lookAfterHeld({ sim, sender }: Person): Promise<void> {
  for (let round = 1; ; round++) {
    await pause(20_000);
    if (!sim.faults.areOver) continue;
    for (const run of sim.oracles.flatMap(({ state }) => [...state.runs.values()])) {
      if (run.status === 'running') continue;
      const type = run.status === 'paused' ? 'ResumeRun' : 'ReleaseRun';
      const said = { id: `held-${run.run}-${round}`, tenant: run.tenant, run: run.run };
      await sender.send(commandOf(type, { reason: 'sim' }, said));
    }
  }
}

function hear(person: Person, event: Event): void {
  const key = `${event.tenant}/${event.id}`;
  if (person.seen.has(key)) return;
  person.seen.add(key);
  if (event.type === 'GateOpened') void decide(person, event);
  if (event.type === 'RunQuarantined') void release(person, event);
  if (event.type === 'RunPaused') void resume(person, event);
}

/** One decides in time, too late, twice, without right, or not at all. */
async function decide(person: Person, event: Opened): Promise<void> {
  const { random, sim } = person;
  if (random.chance(0.25)) await answer(person, event, 'user:asha', event.data.groups[0], 'self');
  if (random.chance(0.15)) await answer(person, event, 'user:mallory', 'guests', 'guest');
  const mood = random.next();
  if (mood < 0.08) return;
  const isHasty = sim.faults.areOver || random.chance(0.5);
  await pause(mood < 0.16 ? random.int(20_000, 60_000) : random.int(50, isHasty ? 1_000 : 9_000));
  await answer(person, event, 'user:ravi', groupOf(person, event), 'ravi');
  if (random.chance(0.25)) await answer(person, event, 'user:lena', 'operators', 'lena');
}

/** Mostly a group that is asked. */
function groupOf({ random }: Person, event: Opened): string {
  return random.chance(0.85) ? random.pick(event.data.groups) : 'operators';
}

async function answer(
  { random, sender }: Person,
  event: Opened,
  approver: string,
  group: string | undefined,
  name: string,
): Promise<void> {
  const { gate, cause } = event.data;
  const yes = cause === 'doubt' ? random.pick(['approve', 'retry'] as const) : 'approve';
  const decision = random.chance(0.12) ? random.pick(['reject', 'retry'] as const) : yes;
  const edited = random.chance(0.15) || cause === 'doubt' ? { data: dataOf(random, event) } : {};
  const data = { gate, decision, approver, groups: group === undefined ? [] : [group], ...edited };
  const said = { tenant: event.tenant, run: event.run, actor: approver };
  const command = commandOf('DecideGate', data, { id: `${name}:${gate}`.slice(-200), ...said });
  await sender.send(command);
  if (random.chance(0.2)) await sender.send(command);
}

/** The outcome of an effect in doubt; or what was shown, edited as one may, or as one may not. */
function dataOf(random: Random, { tenant, data }: Opened): Json {
  const own = { tenant };
  const shown = data.shown as JsonObject;
  if (data.cause === 'doubt') return own;
  return random.chance(0.7) ? { ...shown, ...own, note: 'edited' } : { ...own, run: 'another' };
}

/** An operator lets the run go on, or cancels it. */
async function release({ random, sender }: Person, event: Event): Promise<void> {
  await pause(random.int(100, 15_000));
  const type = random.chance(0.8) ? 'ReleaseRun' : 'CancelRun';
  const said = { id: `${type}-${event.id}`, tenant: event.tenant ?? '', run: event.run };
  await sender.send(commandOf(type, { reason: 'repaired' }, said));
}

async function resume({ random, sender }: Person, event: Event): Promise<void> {
  await pause(random.int(100, 20_000));
  const said = { id: `resume-${event.id}`, tenant: event.tenant ?? '', run: event.run };
  await sender.send(commandOf('ResumeRun', {}, said));
}
