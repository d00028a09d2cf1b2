// Simulates the whole system by seed:
//   node sim/dist/main.js --seed N [--trace]                   one seed, with its history
//   node sim/dist/main.js --seeds N [--from K] [--workers W]   N seeds from K on
import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { simulate, type Result } from './simulate';
import { MANY_SEEDS, whyIdle } from './tally';

/** What a worker tells of one seed. */
interface Told {
  readonly seed: number;
  readonly violations: Result['violations'];
  readonly tally: readonly (readonly [string, number])[];
}

const WORKERS_MAX = 2;
/** Lines of history that are shown before a violation. */
const SHOWN_MAX = 80;

const { values: asked } = parseArgs({
  options: {
    seed: { type: 'string' },
    trace: { type: 'boolean', default: false },
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(Math.min(WORKERS_MAX, availableParallelism())) },
    tally: { type: 'boolean', default: false },
  },
});

for (const name of ['seed', 'seeds', 'from', 'step', 'workers'] as const) {
  const text = asked[name];
  if (text === undefined || /^\d{1,15}$/.test(text)) continue;
  process.stderr.write(`expected a whole number behind --${name}, found "${text}"; correct it\n`);
  process.exit(2);
}

/** Replays one seed and shows what led to its first violation, or all of it. */
async function replay(seed: number): Promise<number> {
  const { violations, notes, scenario, history, events } = await simulate(seed, {
    isVerbose: true,
  });
  const first = notes.findIndex((note) => note.includes('VIOLATION of'));
  const until = first < 0 ? notes.length : first + 1;
  const from = asked.trace ? 0 : Math.max(0, until - SHOWN_MAX);
  if (asked.trace || first >= 0) say(notes.slice(from, until).join('\n'));
  say(`scenario: ${JSON.stringify(scenario)}`);
  say(`history ${history} of ${events} events at commit ${commit()}`);
  for (const { rule, message } of violations.slice(0, 1)) say(`VIOLATION of "${rule}": ${message}`);
  return violations.length > 0 ? 1 : 0;
}

/** In a worker: simulates every step-th seed and tells the parent. */
async function simulateHere(tell: (told: Told) => void): Promise<void> {
  const [from, count, step] = [Number(asked.from), Number(asked.seeds), Number(asked.step)];
  // Errors are made by the thousand here, and nobody looks at where.
  Error.stackTraceLimit = 0;
  for (let seed = from; seed < from + count; seed += step) {
    const { violations, tally } = await simulate(seed);
    tell({ seed, violations: violations.slice(0, 1), tally: [...tally] });
  }
}

async function simulateAll(): Promise<number> {
  const tally = new Map<string, number>();
  const [count, from, workers] = [Number(asked.seeds), Number(asked.from), Number(asked.workers)];
  let simulated = 0;
  let bad = 0;
  const hear = ({ seed, violations: [violation], tally: counts }: Told): void => {
    simulated += 1;
    for (const [what, times] of counts) tally.set(what, (tally.get(what) ?? 0) + times);
    if (violation === undefined) return;
    bad += 1;
    say(`seed ${seed}, commit ${commit()}: "${violation.rule}": ${violation.message}`);
    say(`  replay it: npm run sim -- --seed ${seed}`);
  };
  const exits = await Promise.all(
    Array.from({ length: workers }, (_, worker) => {
      const args = ['--from', String(from + worker), '--seeds', String(count - worker)];
      return listen(fork(__filename, [...args, '--step', String(workers)]), hear);
    }),
  );
  if (asked.tally) for (const [what, times] of [...tally].sort()) say(`${what}: ${times}`);
  const failed = exits.filter((code) => code !== 0).length;
  if (failed > 0 || simulated < count) say(`expected ${count} seeds, simulated ${simulated}`);
  const idle = simulated < MANY_SEEDS ? null : whyIdle(tally);
  if (idle !== null) say(`VIOLATION of "work gets done": ${idle}`);
  const violations = bad + (idle === null ? 0 : 1);
  say(`${simulated} seeds, ${violations} violations`);
  return violations + failed > 0 || simulated < count ? 1 : 0;
}

function listen(child: ChildProcess, hear: (told: Told) => void): Promise<number> {
  child.on('message', hear);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => child.kill(signal));
  }
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      if (code !== 0) say(`a worker ended with ${signal ?? code}`);
      resolve(code ?? 1);
    });
  });
}

let known: string | undefined;

function commit(): string {
  known ??= spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim();
  return known === undefined || known === '' ? 'unknown' : known;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<number> {
  if (process.send !== undefined) {
    await simulateHere((told) => void process.send?.(told));
    return 0;
  }
  if (asked.seed === undefined) return simulateAll();
  const code = await replay(Number(asked.seed));
  say(`1 seeds, ${code} violations`);
  return code;
}

main().then(
  (code) => {
    process.exitCode = code;
    process.disconnect?.();
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  },
);
