// The tenant that rushes, in a process of its own: what it does must not slow its measurer down.
//   node bench/dist/rush.js <brokers>, told its loads by its parent
import { drive, type Bounds } from './drive';
import { FermataCaller } from './fermata-caller';
import { connectTo } from './on-kafka';
import { Stops } from './stops';

const stops = new Stops();

async function begin(): Promise<void> {
  const { log, desk } = await connectTo(process.argv[2] ?? '', stops);
  const caller = new FermataCaller(log, desk, 'rush');
  process.on('message', (bounds: Bounds) => {
    drive(() => caller.run('five'), bounds).then((driven) => process.send?.(driven), fail);
  });
  process.send?.('ready');
}

function fail(error: unknown): void {
  process.stderr.write(`rush: ${error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}

process.once('disconnect', () => void stops.close().finally(() => process.exit(0)));
begin().catch(fail);
