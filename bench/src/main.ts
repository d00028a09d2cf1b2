import { writeFileSync } from 'node:fs';
import type { Measured } from './load';
import { measureOnKafka } from './on-kafka';
import { measureStandalone } from './standalone';

const argv = process.argv.slice(2);
const file = argv.includes('--json') ? argv[argv.indexOf('--json') + 1] : undefined;
const runs = argv.includes('--quick') ? 4_000 : 20_000;
const only = argv.includes('--only') ? argv[argv.indexOf('--only') + 1] : undefined;

const SYSTEMS = { standalone: measureStandalone, kafka: measureOnKafka } as const;

async function main(): Promise<void> {
  const rows: Measured[] = [];
  for (const [name, measure] of Object.entries(SYSTEMS)) {
    if (only === undefined || only === name) rows.push(...(await measure(runs)));
  }
  console.table(rows);
  if (file !== undefined) writeFileSync(file, `${JSON.stringify({ rows }, null, 2)}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
