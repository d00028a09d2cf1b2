// Measures each system in a process of its own, one after the other, and compares them.
//   node bench/dist/main.js [--quick] [--only system] [--programs] [--json file]
import { fork, type ChildProcess } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureDbos } from './dbos';
import { measureFairness } from './fairness';
import { measureGrowth } from './growth';
import { measureOnKafka } from './on-kafka';
import { installPeers } from './peers';
import { measureRecovery } from './recovery';
import { programsOf, reportOf, tableOf } from './report';
import { measureRestate } from './restate';
import { FULL, QUICK, type Plan, type Row } from './row';
import { measureStandalone } from './standalone';
import { Stops } from './stops';
import { measureTakeover } from './takeover';

/** A measurement: what it starts goes on the stack, and ends whatever happens. */
type Measure = (plan: Plan, stops: Stops) => Promise<Row[]>;

/** By the name that `--only` takes. */
const MEASURES: Readonly<Record<string, Measure>> = {
  standalone: measureStandalone,
  kafka: measureOnKafka,
  restate: withPeers(measureRestate),
  dbos: withPeers(measureDbos),
  recovery: measureRecovery,
  fairness: measureFairness,
  takeover: measureTakeover,
  growth: measureGrowth,
};
/** What is measured unless `--only` says otherwise: what can be compared. */
const COMPARED = ['standalone', 'kafka', 'restate', 'dbos'];

/** Peers are no part of the workspaces: they are installed when they are first measured. */
function withPeers(measure: Measure): Measure {
  return (plan, stops) => {
    installPeers();
    return measure(plan, stops);
  };
}

const { values: asked } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    programs: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const names = asked.only ?? COMPARED;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** In the child: measures one system and tells the parent its rows. */
async function measureHere(measure: Measure): Promise<void> {
  const stops = new Stops();
  const stop = (): void => void stops.close().finally(() => process.exit(1));
  for (const signal of SIGNALS) process.once(signal, stop);
  process.once('disconnect', stop);
  try {
    const rows = await measure(asked.quick ? QUICK : FULL, stops);
    process.send?.(rows);
  } finally {
    await stops.close();
  }
}

/** In the parent: one child after the other; a system that fails leaves the others measured. */
async function measureAll(): Promise<number> {
  if (!existsSync('/proc/self/stat')) throw new Error('expected Linux: use is read from /proc');
  const rows: Row[] = [];
  const skipped: Record<string, string> = {};
  for (const name of names) {
    process.stdout.write(`bench: measuring ${name} …\n`);
    try {
      rows.push(...(await measureApart(name)));
    } catch (error) {
      skipped[name] = error instanceof Error ? error.message : String(error);
      process.stderr.write(`bench: SKIPPED ${name}: ${skipped[name]}\n`);
    }
  }
  const report = reportOf(rows, skipped);
  process.stdout.write(`\n${tableOf(report)}`);
  if (asked.programs) process.stdout.write(`\n${programsOf(report)}`);
  for (const [name, why] of Object.entries(skipped)) {
    process.stdout.write(`NOT MEASURED: ${name}: ${why}\n`);
  }
  if (asked.json !== undefined) writeFileSync(asked.json, `${JSON.stringify(report, null, 2)}\n`);
  return Object.keys(skipped).length > 0 ? 1 : 0;
}

let running: ChildProcess | undefined;

function measureApart(name: string): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    const args = ['--only', name, ...(asked.quick ? ['--quick'] : [])];
    // Ctrl-C is for us: we end the child, and it ends what it started, in order.
    const child = fork(__filename, args, { detached: true });
    running = child;
    let heard: readonly Row[] | undefined;
    child.on('message', (rows: readonly Row[]) => (heard = rows));
    child.once('exit', (code) => {
      if (heard !== undefined) resolve(heard);
      else reject(new Error(`expected its process to measure, it ended with ${code}; see above`));
    });
  });
}

for (const name of names) {
  if (MEASURES[name] === undefined) {
    const known = Object.keys(MEASURES).join(', ');
    process.stderr.write(`Expected --only with one of ${known}, found "${name}".\n`);
    process.exit(1);
  }
}
const [only] = names;
const measure = process.send === undefined || only === undefined ? undefined : MEASURES[only];
if (measure === undefined) {
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      running?.once('exit', () => process.exit(1));
      running?.kill('SIGTERM');
    });
  }
}
(measure === undefined ? measureAll() : measureHere(measure).then(() => 0)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
