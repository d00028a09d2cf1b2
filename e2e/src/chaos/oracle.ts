import type { Event, RunEvent } from '@fermata/contracts';
import { evolve, type RunState } from '@fermata/core';
import { compareRun } from '@fermata/gateway';
import { findRun, openReadModel, savedPlace, verifyAudit } from '@fermata/read-model';
import type { Crowd } from './crowd';
import type { House } from './house';
import type { Ledger } from './ledger';
import type { EffectSink } from './sink';
import { until } from './until';

/** All that took part, and is asked in the end. */
export interface Witnesses {
  readonly house: House;
  readonly crowd: Crowd;
  readonly ledger: Ledger;
  readonly sink: EffectSink;
}

const PROJECTED_MS = 30_000;
const TENANTS = ['local', 'other'];
const RUN_TABLES = ['runs', 'steps', 'attempts', 'gates', 'approvals', 'audit'];

/**
 * What is wrong in the end; empty when nothing is. That the sequence of each partition has no gap
 * is asked by reading it: a reader halts at one.
 */
export async function wrongOf({ house, crowd, ledger, sink }: Witnesses): Promise<string[]> {
  const events = await house.accepted();
  const letters = await house.log.deadLetters();
  return [
    ...lostCommands(ledger, events, new Set(letters.map(({ record }) => idOf(record.headers)))),
    ...unfinishedRuns(crowd, events),
    ...repeatedSteps(events),
    ...wrongEffects(sink, events),
    ...(await wrongProjection(house, events)),
  ];
}

function idOf(headers: Readonly<Record<string, string>>): string {
  return headers['ce_id'] ?? '';
}

/** The command that caused an event, or that it answers. */
function causeOf(event: Event): string {
  return event.type === 'CommandRejected' || event.type === 'CommandDuplicated'
    ? event.data.command
    : event.causationId;
}

/** What a client was told is stored has an event, a rejection, or a dead letter. */
function lostCommands(
  ledger: Ledger,
  events: readonly Event[],
  letters: ReadonlySet<string>,
): string[] {
  const answered = new Set(events.map(causeOf));
  const decided = new Set(
    events.flatMap((event) => (event.type === 'GateDecided' ? [event.data.gate] : [])),
  );
  return [...ledger.acknowledged()]
    .filter((id) => !answered.has(id) && !decided.has(id) && !letters.has(id))
    .map((id) => `expected an event of the acknowledged command ${id}, found none`);
}

function unfinishedRuns({ runs }: Crowd, events: readonly Event[]): string[] {
  const completed = new Set(
    events.flatMap((one) => (one.type === 'RunCompleted' ? [`${one.tenant}/${one.run}`] : [])),
  );
  return [...runs]
    .filter((run) => !completed.has(run))
    .map((run) => `expected ${run} to complete, found no such event`);
}

/** A step is completed once, and a run starts once. */
function repeatedSteps(events: readonly Event[]): string[] {
  const seen = new Set<string>();
  return events.flatMap((event) => {
    const step = event.type === 'StepCompleted' ? event.data.step : event.type;
    if (event.type !== 'StepCompleted' && event.type !== 'RunStarted') return [];
    const what = `${event.tenant}/${event.run}/${step}`;
    if (seen.has(what)) return [`expected ${what} once, found it again`];
    seen.add(what);
    return [];
  });
}

/**
 * One key for each step, however often it was tried, and none without its intent on the log. An
 * effect without a tool that knows keys was called once.
 */
function wrongEffects({ calls }: EffectSink, events: readonly Event[]): string[] {
  const intents = new Set<string>();
  const acts = new Map<string, string>();
  for (const event of events) {
    if (event.type === 'EffectIntended') intents.add(event.data.key);
    if (event.type === 'StepCompleted' && isAct(event.data.output)) {
      acts.set(event.data.output.key, `${event.tenant}/${event.run}/${event.data.step}`);
    }
  }
  const byKey = Map.groupBy(calls, ({ key }) => key);
  const steps = Map.groupBy(acts.keys(), (key) => acts.get(key));
  return [
    ...[...byKey.keys()]
      .filter((key) => !intents.has(key))
      .map((key) => `expected an intent before the call with ${key}, found none`),
    ...[...acts]
      .filter(([key]) => !byKey.has(key))
      .map(([key, step]) => `expected a call of ${step} with ${key}, found none`),
    ...[...steps]
      .filter(([, keys]) => keys.length > 1)
      .map(([step]) => `expected one key of ${step}, found several`),
    ...[...byKey]
      .filter(([, found]) => found.length > 1 && /unkeyed/.test(found[0]?.run ?? ''))
      .map(([, found]) => `expected one call of ${found[0]?.run}, found ${found.length}`),
  ];
}

function isAct(output: unknown): output is { readonly key: string } {
  return typeof output === 'object' && output !== null && 'key' in output;
}

/** The read model shows what the log leads to, its chain holds, and nothing is another tenant's. */
async function wrongProjection(house: House, events: readonly Event[]): Promise<string[]> {
  const source = await openReadModel(house.postgres.url, 2);
  try {
    for (let partition = 0; partition < house.log.partitions; partition += 1) {
      const last = (await house.log.end('log', partition)) - 1;
      await until(async () => {
        const offset = (await savedPlace(source, partition))?.offset ?? -1;
        return offset >= last ? null : `partition ${partition} projected to ${offset} of ${last}`;
      }, PROJECTED_MS);
    }
    const wrong: string[] = [];
    const states = foldAll(events);
    for (const [name, state] of states) {
      const [tenant = '', run = ''] = name.split('/');
      const detail = await findRun(source, tenant, run);
      if (detail === null) wrong.push(`expected ${name} in the read model, found none`);
      else wrong.push(...compareRun(state, detail).differences.map((one) => `${name}: ${one}`));
    }
    for (const tenant of TENANTS) {
      const { broken } = await verifyAudit(source, tenant);
      if (broken !== null) wrong.push(`audit of ${tenant}: ${JSON.stringify(broken)}`);
    }
    for (const table of RUN_TABLES) {
      const rows = await source.query<{ tenant: string; run: string }[]>(
        `SELECT DISTINCT tenant, run FROM ${table}`,
      );
      const known = (name: string) => states.has(name) || table === 'audit';
      for (const { tenant, run } of rows) {
        if (known(`${tenant}/${run}`) && TENANTS.includes(tenant)) continue;
        wrong.push(`expected no row of ${tenant}/${run} in ${table}, found one`);
      }
    }
    return wrong;
  } finally {
    await source.destroy();
  }
}

function foldAll(events: readonly Event[]): Map<string, RunState> {
  const states = new Map<string, RunState>();
  for (const event of events) {
    if (event.tenant === null || event.sequence === 0) continue;
    const name = `${event.tenant}/${event.run}`;
    const state = evolve(states.get(name), event as RunEvent);
    if (state !== undefined) states.set(name, state);
  }
  return states;
}
