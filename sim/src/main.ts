// Simulates by seed: node sim/dist/main.js --seed N | --seeds N [--from K]
import { parseArgs } from 'node:util';
import { simulate } from './simulate';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    from: { type: 'string', default: '1' },
    stats: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const from = Number(values.seed ?? values.from);
  const count = values.seed === undefined ? Number(values.seeds ?? 100) : 1;
  let bad = 0;
  const tally = new Map<string, number>();
  for (let seed = from; seed < from + count; seed++) {
    const result = await simulate(seed, values.seed !== undefined);
    if (values.seed !== undefined) {
      for (const note of result.notes) process.stdout.write(note + '\n');
      process.stdout.write(JSON.stringify({ ...result, notes: 0 }, null, 1) + '\n');
    }
    for (const [what, times] of result.tally) tally.set(what, (tally.get(what) ?? 0) + times);
    if (result.violations.length > 0) {
      bad += 1;
      const [first] = result.violations;
      process.stdout.write(`seed ${seed}: ${first?.rule}: ${first?.message}\n`);
    }
  }
  if (values.stats) {
    for (const [what, times] of [...tally].sort()) process.stdout.write(`${what}: ${times}\n`);
  }
  process.stdout.write(`${count} seeds, ${bad} violations\n`);
  return bad > 0 ? 1 : 0;
}
void main().then((code) => process.exit(code));
