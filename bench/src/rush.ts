import { fork } from 'node:child_process';
import { drive, type Bounds, type Driven } from './drive';
import { FermataCaller } from './fermata-caller';
import { connectTo } from './on-kafka';
import { Stops } from './stops';

/** A tenant's load in a process of its own: what it does must not slow its measurer down. */
export type Rush = (bounds: Bounds) => Promise<Driven>;

/** Starts the process of the tenant that rushes; it does one load after the other. */
export async function startRush(brokers: string, stops: Stops): Promise<Rush> {
  const child = fork(__filename, [brokers]);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  stops.add(async () => {
    if (child.connected) child.disconnect();
    await ended;
  });
  const said = <T>(): Promise<T> =>
    new Promise((resolve, reject) => {
      child.once('message', (message) => resolve(message as T));
      void ended.then(() => reject(new Error('expected the rush to go on, its process ended')));
    });
  await said();
  return (bounds) => {
    const driven = said<Driven>();
    child.send(bounds);
    return driven;
  };
}

/** In the child: connects, says that it is ready, and does what it is told. */
async function begin(brokers: string): Promise<void> {
  const stops = new Stops();
  process.once('disconnect', () => void stops.close().finally(() => process.exit(0)));
  const { log, desk } = await connectTo(brokers, stops);
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

const [, , asked] = process.argv;
if (require.main === module && asked !== undefined) begin(asked).catch(fail);
