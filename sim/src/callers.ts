import { encodeCommand, partitionOf, type Command, type JsonObject } from '@fermata/contracts';
import type { NewRecord } from '@fermata/log';
import { pause } from './pause';
import type { Random } from './random';
import { commandOf, type Sender } from './sender';
import type { Simulation } from './simulation';
import { FLOWS } from './workflows';

/** What callers of one simulation have in hand. */
interface Caller {
  readonly sim: Simulation;
  readonly sender: Sender;
  readonly random: Random;
}

/** Starts runs, controls them, repeats itself and sends nonsense; ends when all is stored. */
export async function callAll(sim: Simulation, sender: Sender): Promise<void> {
  const caller: Caller = { sim, sender, random: sim.random.fork() };
  const { runs, chaosMs, startsWithin } = sim.scenario;
  const calls = Array.from({ length: runs }, async (_, index) => {
    await pause(caller.random.int(0, chaosMs * startsWithin));
    await startRun(caller, `run-${index}`);
  });
  const nonsense = Array.from({ length: caller.random.int(0, 4) }, async (_, index) => {
    await pause(caller.random.int(0, chaosMs));
    await sendNonsense(caller, index);
  });
  await Promise.all([...calls, ...nonsense]);
}

/** Numbers at the edges of what JSON keeps; zero below zero is one that only a text can tell. */
const EDGES = [0, -0, 1, 0.1, -1.5e-7, 1e308, Number.MAX_SAFE_INTEGER];

async function startRun(caller: Caller, run: string): Promise<void> {
  const { random, sim, sender } = caller;
  const tenant = random.pick(sim.scenario.tenants);
  const start = startOf(caller, tenant, run);
  await sendSomewhere(caller, start);
  const later: Promise<void>[] = [];
  if (random.chance(0.35)) later.push(repeat(caller, start));
  if (random.chance(0.15)) later.push(repeat(caller, { ...start, id: `${start.id}-again` }));
  for (let count = random.pick([0, 0, 0, 1, 2]); count > 0; count--) {
    later.push(control(caller, tenant, run, count));
  }
  if (random.chance(0.05)) later.push(sender.send(changed(start)));
  if (random.chance(0.1)) later.push(otherTenant(caller, start));
  await Promise.all(later);
}

function startOf({ random, sim }: Caller, tenant: string, run: string): Command {
  const flow = random.pick(FLOWS);
  const input = {
    tenant,
    extra: random.chance(0.5),
    pad: random.chance(0.2) ? 'p'.repeat(random.int(100, 2_000)) : '',
    poisoned: random.chance(0.5),
    n: random.pick(EDGES),
  };
  const { name, hash } = flow;
  const workflow = { name, version: '1.0.0', hash };
  const isOld = random.chance(0.03);
  const time = Math.max(0, Date.now() - (isOld ? sim.scenario.keyWindowMs * 2 : 0));
  return commandOf('StartRun', { workflow, input }, { id: `start-${run}`, tenant, run, time });
}

/** Most clients find the right partition; one with another partitioner does not. */
async function sendSomewhere({ random, sender, sim }: Caller, command: Command): Promise<void> {
  const rightly = async () => {
    const record = written(command);
    await sender.sendBytes(partitionOf(record.key, sim.scenario.partitions), record);
  };
  if (!random.chance(0.15)) return rightly();
  const hops = random.chance(0.1) ? { hops: 1 } : {};
  const bytes = written({ ...command, ...hops });
  await sender.sendBytes(random.int(0, sim.scenario.partitions - 1), bytes);
  if ('hops' in hops) await rightly();
}

/** A command as a client of another language writes it, who may give zero a sign. */
function written(command: Command): NewRecord {
  const { decoded: _, ...record } = encodeCommand(command);
  const input = command.type === 'StartRun' ? (command.data.input as JsonObject) : {};
  if (!Object.is(input['n'], -0)) return record;
  return { ...record, value: record.value.replace('"n":0', '"n":-0') };
}

/** The same request again, soon or so late that its key may be forgotten. */
async function repeat(caller: Caller, command: Command): Promise<void> {
  const { random, sim } = caller;
  const { keyWindowMs } = sim.scenario;
  const isLate = random.chance(0.3) && keyWindowMs < 100_000;
  await pause(isLate ? random.int(keyWindowMs, keyWindowMs * 2) : random.int(0, 8_000));
  await sendSomewhere(caller, command);
}

function changed(command: Command): Command {
  return { ...command, data: { ...command.data, input: { tenant: command.tenant } } } as Command;
}

/** Another tenant uses the same key and the same command id, which is none of our business. */
async function otherTenant({ sender, sim }: Caller, start: Command): Promise<void> {
  const tenant = sim.scenario.tenants.find((one) => one !== start.tenant) ?? start.tenant;
  const data = { ...start.data, input: { tenant } };
  await sender.send({ ...start, tenant, data } as Command);
}

async function control(caller: Caller, tenant: string, run: string, nth: number): Promise<void> {
  const { random, sender } = caller;
  const type = random.pick(['CancelRun', 'PauseRun', 'PauseRun', 'ResumeRun'] as const);
  await pause(random.int(0, 12_000));
  const command = commandOf(type, { reason: 'sim' }, { id: `${type}-${run}-${nth}`, tenant, run });
  await sender.send(command);
  if (random.chance(0.2)) await sender.send(command);
}

/** Bytes that nobody can understand, or that are not what they say. */
async function sendNonsense({ random, sender, sim }: Caller, nth: number): Promise<void> {
  const run = `nonsense-${nth}`;
  const said = { id: `cancel-${run}`, tenant: 'acme', run };
  const { decoded: _, ...good } = encodeCommand(commandOf('CancelRun', {}, said));
  const bad = random.pick<NewRecord>([
    { ...good, value: '{"reason":' },
    { ...good, value: '{"colour": "red"}' },
    { ...good, value: `${'['.repeat(70)}${']'.repeat(70)}` },
    { ...good, value: '{"__proto__": {}}' },
    { ...good, value: '{"reason": "\\ud800"}' },
    { ...good, value: '{"reason": 1e400}' },
    { ...good, headers: { ...good.headers, ce_type: 'DoHarm' } },
    { key: good.key, headers: {}, value: '' },
    good,
  ]);
  const { partitions } = sim.scenario;
  await sender.sendBytes(partitionOf(good.key, partitions), bad);
}
