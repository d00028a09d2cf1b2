import { writeFileSync } from 'node:fs';
import { measureSteps } from './steps';

const argv = process.argv.slice(2);
const file = argv.includes('--json') ? argv[argv.indexOf('--json') + 1] : undefined;
const runs = argv.includes('--quick') ? 4_000 : 20_000;

async function main(): Promise<void> {
  const rows = await measureSteps(runs);
  console.table(rows);
  if (file !== undefined) writeFileSync(file, `${JSON.stringify({ rows }, null, 2)}\n`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
