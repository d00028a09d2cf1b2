import type { AddressInfo, Server } from 'node:net';
import type { LogPort } from '@fermata/log';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { createEdge } from './http-edge';
import type { LogTransport } from './log-transport';
import { openLog, wholeIn, type Env } from './open-log';
import { stopTelemetry } from './start-telemetry';

/** What a service is made of, once its log is open. */
export interface ServiceParts {
  readonly module: DynamicModule;
  /** Connects its loop to the log. */
  connect?(app: INestApplication): LogTransport;
  /** Whether it answers HTTP, on `HOST` (loopback) and `PORT` (a free one). */
  readonly listens?: boolean;
  start?(): void;
  stop?(): Promise<void>;
}

/**
 * Runs one service as a process of its own: opens its log, starts, says on one line of JSON that it
 * is ready, and stops cleanly on SIGTERM, on SIGINT, or with the parent that asked for that.
 */
export function runService(
  name: string,
  build: (log: LogPort, env: Env) => Promise<ServiceParts>,
): void {
  start(name, build, process.env).catch((error: unknown) => {
    process.stderr.write(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}

async function start(
  name: string,
  build: (log: LogPort, env: Env) => Promise<ServiceParts>,
  env: Env,
): Promise<void> {
  const log = await openLog(name, env);
  const parts = await build(log, env);
  const app = await createEdge(parts.module);
  const transport = parts.connect?.(app);
  parts.start?.();
  await app.startAllMicroservices();
  if (parts.listens) await app.listen(wholeIn(env, 'PORT') ?? 0, env['HOST'] ?? '127.0.0.1');
  else await app.init();
  stopWhenTold(name, env, [
    ['its own work', async () => parts.stop?.()],
    ['its reader of the log', async () => transport?.close()],
    ['its modules', () => app.close()],
    ['the log', () => log.close()],
    ['telemetry', stopTelemetry],
  ]);
  process.stdout.write(`${JSON.stringify({ service: name, pid: process.pid, ...placeOf(app) })}\n`);
}

function placeOf(app: INestApplication): { port?: number } {
  const server = app.getHttpServer() as Server | undefined;
  const address = server?.address() as AddressInfo | null;
  return address === null ? {} : { port: address.port };
}

/** What is stopped, in order, by name. */
type Stops = readonly (readonly [what: string, stop: () => Promise<void>])[];

/** A stop that lasts longer is given up: the log tells the others to take over. */
const STOP_MS = 10_000;

function stopWhenTold(name: string, env: Env, stops: Stops): void {
  let under = '';
  const fail = (why: string): never => {
    process.stderr.write(`${name}: expected ${under} to stop, found ${why}\n`);
    process.exit(1);
  };
  const stop = async (): Promise<void> => {
    for (const [what, one] of stops) {
      under = what;
      await one();
    }
  };
  const begin = (): void => {
    if (under !== '') return;
    setTimeout(() => fail(`that it had not after ${STOP_MS} ms`), STOP_MS).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => fail(String(error)),
    );
  };
  process.on('SIGTERM', begin);
  process.on('SIGINT', begin);
  // Started by another program, it ends with it: the pipe closes however that one ends.
  if (env['FERMATA_EXIT_WITH_PARENT'] === '1') process.stdin.resume().once('end', begin);
}
