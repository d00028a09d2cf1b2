import { decodeEvent, definition, type Definition } from '@fermata/contracts';
import { emptyPartition, fold } from '@fermata/core';
import { deploy } from '@fermata/gateway';
import { AcceptedReader, memoryLog, ORIGIN, type LogPort } from '@fermata/log';
import { CommandLoop, DefinitionStore, schedulerConfig } from '@fermata/scheduler';
import { loadProject } from '@fermata/sdk';
import { CommandDesk } from '@fermata/service';
import { drive } from './drive';
import { PROJECT } from './fermata-caller';
import { LocalRunner } from './local-runner';
import type { Plan, Row } from './row';
import { ratio, rounded } from './statistics';
import type { Stops } from './stops';

const SYSTEM = 'fermata in memory, one partition';
const OPEN = [1_000, 10_000, 100_000];
const TENANTS = [1, 1_000];
const WARM_UP_RUNS = 8_000;
const RUNS = 2_000;
const WIDTH = 50;
const CHAIN = 1_000;
/** Steps at either end of a chain that are compared. */
const CHAIN_PART = 100;
const CHAINS = 20;

/**
 * Measures how costs grow with what there is: open runs, steps of one run, tenants, and how fast a
 * log is folded. One production loop and its load in this process; nothing is stored.
 */
export async function measureGrowth({ holdMax }: Plan, stops: Stops): Promise<Row[]> {
  const house = await House.open(stops);
  await house.fives(WARM_UP_RUNS, 1);
  return [
    ...(await measureTenants(house)),
    ...(await measureChain(house)),
    ...(await measureOpen(house, holdMax)),
    await measureReplay(house.log),
  ];
}

async function measureOpen(house: House, holdMax: number): Promise<Row[]> {
  const costs: Cost[] = [];
  for (const open of OPEN.filter((count) => count <= holdMax)) {
    await house.holdUntil(open);
    const cost = await house.costOf(5 * RUNS, () => house.fives(RUNS, 1));
    costs.push({ ...cost, work: `5 steps, while ${open} runs wait` });
  }
  return compared(costs);
}

async function measureTenants(house: House): Promise<Row[]> {
  const costs: Cost[] = [];
  for (const tenants of TENANTS) {
    const cost = await house.costOf(5 * RUNS, () => house.fives(RUNS, tenants));
    costs.push({ ...cost, work: `5 steps, of tenants: ${tenants}` });
  }
  return compared(costs);
}

/** Chains side by side: what their first steps cost, and their last. */
async function measureChain(house: House): Promise<Row[]> {
  const part = CHAINS * CHAIN_PART;
  const began = house.runner.stepsDone;
  const chains = drive(() => house.runner.run('chain', 'local'), {
    width: CHAINS,
    forMs: Infinity,
    countMax: CHAINS,
  });
  const first = await house.costOf(part, () => house.runner.reaches(began + part));
  await house.runner.reaches(began + CHAINS * CHAIN - part);
  const last = await house.costOf(part, () => chains);
  const end = `${CHAIN - CHAIN_PART + 1} to ${CHAIN}`;
  return compared([
    { ...first, work: `steps 1 to ${CHAIN_PART} of a chain` },
    { ...last, work: `steps ${end} of a chain` },
  ]);
}

/** Folds all that was recorded as an owner does that has no restore point. */
async function measureReplay(log: LogPort): Promise<Row> {
  const end = await log.end('log', 0);
  const reader = await AcceptedReader.open(log, 0, ORIGIN);
  const state = emptyPartition(schedulerConfig().keyWindowMs);
  const before = process.cpuUsage();
  for (let at = 0; at < end; ) {
    const batch = await reader.next(1_000);
    if (batch === null) break;
    for (const { record } of batch.records) fold(state, decodeEvent(bytesAlone(record)));
    at = batch.place.offset + 1;
  }
  const seconds = cpuSecondsSince(before);
  reader.close();
  const note = `${end} events, ${Math.round(end / seconds)} events/s`;
  return rowOf({ work: 'replay', cpuSecondsPer1000: null, note });
}

/** The record as another process stored it: what this process has decoded already is left out. */
function bytesAlone<T extends { readonly decoded?: unknown }>(record: T): Omit<T, 'decoded'> {
  const { decoded: _, ...bytes } = record;
  return bytes;
}

/** A loop that owns a partition in memory, and agents that answer at once. */
class House {
  private held = 0;
  private started = 0;

  private constructor(
    readonly log: LogPort,
    readonly runner: LocalRunner,
  ) {}

  static async open(stops: Stops): Promise<House> {
    const log = memoryLog(1);
    const flows = loadProject(PROJECT, {}).workflows.map(({ definition: flow }) => flow);
    const [five] = flows;
    if (five === undefined) throw new Error('expected workflows in the project, found none');
    for (const flow of [...flows, chainOf(five)]) await deploy(log, 'local', flow, true);
    const loop = new CommandLoop(log, 0, new DefinitionStore(log), schedulerConfig());
    const running = loop.run();
    stops.add(async () => {
      loop.stop();
      await running;
    });
    const desk = new CommandDesk(log, async () => ORIGIN);
    const runner = new LocalRunner(log, desk);
    desk.start();
    stops.add(() => desk.stop());
    return new House(log, runner);
  }

  async fives(count: number, tenants: number): Promise<void> {
    const run = () => this.runner.run('five', `tenant-${(this.started += 1) % tenants}`);
    await drive(run, { width: WIDTH, forMs: Infinity, countMax: count });
  }

  async holdUntil(open: number): Promise<void> {
    const hold = () => this.runner.run('hold', 'local');
    await drive(hold, { width: 500, forMs: Infinity, countMax: open - this.held });
    this.held = open;
  }

  /** What this process works for a thousand steps of some work. */
  async costOf(
    steps: number,
    work: () => Promise<unknown>,
  ): Promise<Pick<Cost, 'cpuSecondsPer1000'>> {
    const before = process.cpuUsage();
    await work();
    return { cpuSecondsPer1000: (cpuSecondsSince(before) * 1_000) / steps };
  }
}

function chainOf(five: Definition): Definition {
  const { a } = five.workflow.steps;
  const steps = Array.from({ length: CHAIN }, (_, index) => {
    const needs = index === 0 ? [] : [`s${index - 1}`];
    return [`s${index}`, { ...a, needs }] as const;
  });
  const workflow = { ...five.workflow, name: 'chain', steps: Object.fromEntries(steps) };
  return definition.parse({ ...five, workflow });
}

interface Cost {
  readonly work: string;
  readonly cpuSecondsPer1000: number | null;
  readonly note?: string;
}

/** Rows that say how many times the first each other is. */
function compared(costs: readonly Cost[]): Row[] {
  const [first] = costs;
  return costs.map((cost) => {
    if (cost === first || first === undefined) return rowOf(cost);
    const times = ratio(cost.cpuSecondsPer1000, first.cpuSecondsPer1000);
    return rowOf({ ...cost, note: `${times} times "${first.work}"` });
  });
}

function rowOf({ work, cpuSecondsPer1000, note = '' }: Cost): Row {
  return {
    system: SYSTEM,
    work,
    stepsPerSecond: null,
    p50Ms: null,
    p99Ms: null,
    cpuSecondsPer1000Steps: rounded(cpuSecondsPer1000),
    rssMiB: null,
    note,
  };
}

function cpuSecondsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
