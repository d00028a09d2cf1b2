import { fork, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { arch, platform } from 'node:os';
import { join } from 'node:path';
import { measureSystem, type System } from './measure-system';
import { PEERS, requireOfPeers } from './peers';
import type { Plan, Row } from './row';
import { scratchFolder } from './scratch';
import type { Stops } from './stops';
import { usageOfSystem } from './usage';

const START_MS = 60_000;

/** What `peers/restate-service.cjs` says. */
type Said = { readonly port: number } | { readonly held: string };

/** Measures Restate twice: with the steps in the handler, and with a service call for each. */
export async function measureRestate(plan: Plan, stops: Stops): Promise<Row[]> {
  const handler = await startRestate('inside', stops);
  const rows = await measureSystem({ ...handler, name: 'restate, steps in handler' }, plan);
  await stops.close();
  const { hold: _, ...calls } = await startRestate('calls', stops);
  return [...rows, ...(await measureSystem({ ...calls, name: 'restate, call per step' }, plan))];
}

/** A server of one node with its default settings, and a process with the handlers. */
async function startRestate(service: 'inside' | 'calls', stops: Stops): Promise<Required<System>> {
  const holding = new Map<string, () => void>();
  const handlers = fork(join(PEERS, 'restate-service.cjs'), {
    env: { ...process.env, RESTATE_LOGGING: 'ERROR' },
    detached: true,
  });
  stops.add(() => ended(handlers));
  const port = await new Promise<number>((resolve, reject) => {
    handlers.once('exit', (code) =>
      reject(new Error(`the handlers of Restate ended with ${code}`)),
    );
    handlers.on('message', (said: Said) => {
      if ('port' in said) return resolve(said.port);
      holding.get(said.held)?.();
      holding.delete(said.held);
    });
  });
  const { admin, ingress } = await startServer(stops);
  const agent = new Agent({ keepAlive: true });
  stops.add(() => agent.destroy());
  const deployment = { uri: `http://127.0.0.1:${port}` };
  await call(agent, `${admin}/deployments`, deployment);
  let started = 0;
  const hold = async (): Promise<void> => {
    const key = `hold-${(started += 1)}`;
    const held = new Promise<void>((resolve) => holding.set(key, resolve));
    await call(agent, `${ingress}/gates/hold/send`, key);
    await held;
  };
  return {
    name: service,
    usage: () => usageOfSystem(false),
    run: (kind) => call(agent, `${ingress}/${service}/${kind}`, null),
    hold,
  };
}

async function startServer(stops: Stops): Promise<{ admin: string; ingress: string }> {
  const [node, admin, ingress] = [await freePort(), await freePort(), await freePort()];
  const folder = scratchFolder(stops);
  const log = join(folder, 'restate.log');
  const program = requireOfPeers.resolve(
    `@restatedev/restate-server-${platform()}-${arch()}/bin/restate-server`,
  );
  const messages = openSync(log, 'a');
  const server = spawn(program, ['--base-dir', join(folder, 'data'), '--listen-mode', 'tcp'], {
    env: {
      ...process.env,
      RESTATE_BIND_IP: '127.0.0.1',
      RESTATE_BIND_PORT: String(node),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_DISABLE_TELEMETRY: 'true',
      RESTATE_LOG_FORMAT: 'compact',
      RESTATE_LOG_FILTER: 'error',
    },
    detached: true,
    stdio: ['ignore', messages, messages],
  });
  closeSync(messages);
  endWithUs(server);
  stops.add(() => ended(server));
  const url = `http://127.0.0.1:${admin}`;
  await answers(`${url}/health`, server, log);
  const ingressUrl = `http://127.0.0.1:${ingress}`;
  await answers(`${ingressUrl}/restate/health`, server, log);
  return { admin: url, ingress: ingressUrl };
}

/** Kills a program when we are gone, however we ended. */
function endWithUs(child: ChildProcess): void {
  const guard = spawn('sh', ['-c', 'read -r _; kill -9 "$0"', String(child.pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('exit', () => guard.kill('SIGKILL'));
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exit;
}

async function answers(url: string, server: ChildProcess, log: string): Promise<void> {
  const giveUpAt = Date.now() + START_MS;
  while (Date.now() < giveUpAt && server.exitCode === null) {
    const reached = await fetch(url).then(
      ({ ok }) => ok,
      () => false,
    );
    if (reached) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`expected Restate to answer at ${url}, found:\n${readFileSync(log, 'utf8')}`);
}

/** A POST over a connection that is kept. */
function call(agent: Agent, url: string, body: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.once('error', reject).once('end', () => {
        if ((answer.statusCode ?? 500) < 300) resolve();
        else reject(new Error(`expected ${url} to succeed, found ${answer.statusCode}: ${text}`));
      });
    });
    sent.once('error', reject);
    sent.end(body === null ? undefined : JSON.stringify(body));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}
