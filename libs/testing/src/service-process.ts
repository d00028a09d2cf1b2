import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The root of the repository, from src/ and from dist/. */
const ROOT = join(__dirname, '../../..');

/** The services, in the order in which they start. */
export const SERVICES = [
  'scheduler',
  'audit-projector',
  'agent-runner',
  'gateway',
  'approval-service',
] as const;
/** A service that runs as a process of its own. */
export type ServiceName = (typeof SERVICES)[number];

/** A service as a process, ready. */
export interface ServiceProcess {
  readonly name: ServiceName;
  readonly child: ChildProcess;
  readonly port: number | null;
  /** Sends a signal and waits for the end; gives the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a service and waits until it says that it is ready. */
export async function startService(
  name: ServiceName,
  env: Readonly<Record<string, string>>,
): Promise<ServiceProcess> {
  const child = spawn(process.execPath, [join(ROOT, 'apps', name, 'dist/main.js')], {
    env: { ...process.env, ...env, FERMATA_EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
    // Ctrl-C is for whoever started it: it ends what it started, in order.
    detached: true,
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<number | null>((resolve, reject) => {
    void ended.then((code) =>
      reject(new Error(`expected ${name} to start, it ended with ${code}`)),
    );
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"service"')) process.stdout.write(`${name}: ${line}\n`);
      else resolve((JSON.parse(line) as { port?: number }).port ?? null);
    });
  });
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return ended;
  };
  return { name, child, port, end };
}
