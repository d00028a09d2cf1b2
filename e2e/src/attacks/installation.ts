import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Definition, Json, JsonObject } from '@fermata/contracts';
import { hashOfToken } from '@fermata/service';
import { definitionOf } from '@fermata/testing';
import { sleep } from '../standalone-process';
import { Heap } from './heap';

const ROOT = join(__dirname, '../../..');
const ROLES = ['requester', 'approver', 'operator', 'author', 'policy-owner'];

/** What an attacker deploys beside the plain workflow of two steps. */
export interface Plot {
  readonly workflow?: JsonObject;
  readonly agents?: readonly object[];
  readonly policy?: JsonObject;
  readonly tenant?: string;
}

/** Where the agent hears what it is asked, and never answers. */
export const SILENT = '/silent';

/** An answer of the edge. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** All services as users start them, with two tenants that know nothing of each other. */
export class Installation {
  private readonly folder = mkdtempSync(join(tmpdir(), 'fermata-attacks-'));
  private child: ChildProcess | null = null;
  private said = '';
  private heap: Heap | null = null;
  private agent: Server | null = null;
  private runs = 0;
  url = '';

  async start(): Promise<void> {
    chmodSync(this.folder, 0o755);
    this.layProject();
    const agent = createServer((request, response) => {
      if (request.url === SILENT) return;
      response.setHeader('content-type', 'application/json').end('{"ok":true}');
    });
    this.agent = agent.listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const people = ['attacker', 'victim'].map((tenant) => [tenant, tenant, ROLES] as const);
    people.push(['writer', 'attacker', ['author', 'requester']], ['judge', 'attacker', ROLES]);
    const keys = people.map(([name, tenant, roles]) => [
      hashOfToken(name),
      { tenant, principal: `user:${name}`, groups: ['reviewers'], roles },
    ]);
    const keysFile = join(this.folder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(Object.fromEntries(keys)), { mode: 0o600 });
    await this.launch();
  }

  /** Starts the services on the data of before, if there is any. */
  async launch(): Promise<void> {
    const dataDir = join(this.folder, 'data');
    const note = join(dataDir, 'connection.json');
    rmSync(note, { force: true });
    const args = ['--project', this.project, '--tenants', 'victim', '--data', dataDir];
    args.push('--port', '0', '--keys', join(this.folder, 'keys.json'));
    const hosts = [`*=${this.agentUrl}`, `victim=${this.victimsUrl}`, `*=http://169.254.169.254`];
    const main = join(ROOT, 'apps/standalone/dist/main.js');
    const more = [...args, ...hosts.flatMap((host) => ['--allow-host', host])];
    const inspected = ['--inspect=127.0.0.1:0', main, ...more];
    const child = spawn(process.execPath, inspected, { stdio: 'pipe' });
    this.child = child;
    this.said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on(
        'data',
        (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4_000)),
      );
    }
    for (let waited = 0; !existsSync(note); waited += 50) {
      if (child.exitCode !== null || waited > 60_000) throw new Error(`not ready:\n${this.said}`);
      await sleep(50);
    }
    this.url = (JSON.parse(readFileSync(note, 'utf8')) as { url: string }).url;
    this.heap = await Heap.of(this.said);
  }

  /** Ends the services by a signal; gives how long that took. */
  async end(signal: NodeJS.Signals): Promise<number> {
    this.heap?.close();
    const { child } = this;
    const startedAt = Date.now();
    if (child !== null && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return Date.now() - startedAt;
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM');
    this.agent?.closeAllConnections();
    this.agent?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The operator's project, with files beside it that no agent of it names. */
  private layProject(): void {
    cpSync(join(ROOT, 'e2e/project'), this.project, { recursive: true });
    const outside = join(this.folder, 'outside.mjs');
    const touch = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(this.trace)}, '');\n`;
    writeFileSync(outside, `${touch}export const look = () => ({ ok: true });\n`);
    cpSync(outside, join(this.project, 'agents/opens.mjs'));
    symlinkSync(outside, join(this.project, 'agents/leads-out.mjs'));
  }

  private get project(): string {
    return join(this.folder, 'project');
  }

  /** Where a module writes when it is imported that nobody may import. */
  get trace(): string {
    return join(this.folder, 'imported');
  }

  /** A path of the agent's that the operator allowed to the victim alone. */
  get victimsUrl(): string {
    return `${this.agentUrl.replace('127.0.0.1', 'localhost')}/score`;
  }

  get agentUrl(): string {
    return `http://127.0.0.1:${(this.agent?.address() as AddressInfo).port}`;
  }

  /** Bytes that the services take of the machine, the database not counted. */
  resident(): number {
    const status = readFileSync(`/proc/${this.child?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  }

  /** Bytes that they hold on to, whatever was garbage is gone. */
  async held(): Promise<number> {
    return (await this.heap?.bytes()) ?? 0;
  }

  async send(tenant: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { authorization: `Bearer ${tenant}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    return { status: answer.status, text: await answer.text() };
  }

  /** A workflow of two reading steps, done by another company's service. */
  plan(name: string, workflow: JsonObject = {}): Definition {
    const step = (needs: string[]) => ({ agent: 'web', capability: 'look', needs });
    const plain = definitionOf({ a: step([]), b: step(['a']) }, { name, ...workflow });
    const capabilities = { look: { risk: 'read' as const } };
    const agent = { name: 'web', version: '1.0.0', kind: 'http' as const, url: this.agentUrl };
    return { ...plain, agents: [{ ...agent, capabilities }] };
  }

  /** Deploys what an attacker plots; gives the code of the refusal, or null. */
  async deploy(name: string, plot: Plot = {}): Promise<string | null> {
    const plain = this.plan(name, plot.workflow);
    const policy = { ...plain.policy, ...plot.policy };
    const body = { ...plain, policy, ...(plot.agents && { agents: plot.agents }) };
    const put = await this.send(plot.tenant ?? 'attacker', 'PUT', '/v1/workflows', body);
    return put.status === 200 ? null : codeOf(put);
  }

  /** Deploys, starts, and waits for the end: `completed`, or the code of what stopped it. */
  async tryOut(name: string, plot: Plot, input: Json = {}): Promise<string> {
    const refused = await this.deploy(name, plot);
    if (refused !== null) return refused;
    const begun = await this.send('attacker', 'POST', '/v1/runs', { workflow: name, input });
    const { run } = JSON.parse(begun.text) as { run?: string };
    if (run === undefined) return codeOf(begun);
    for (let waited = 0; waited < 20_000; waited += 50) {
      const { text } = await this.send('attacker', 'GET', `/v1/runs/${run}`);
      const view = JSON.parse(text) as { status?: string; problem?: { code: string } };
      if (view.problem !== undefined) return view.problem.code;
      if (view.status === 'completed') return view.status;
      await sleep(50);
    }
    throw new Error(`expected run ${run} to end, found that it goes on`);
  }

  /** A connection that sends what is given, takes in the head of the answer, and reads no more. */
  raw(
    text: string,
    isAnswered = true,
  ): Promise<{ readonly head: string; readonly socket: Socket }> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
      socket.once('error', reject);
      socket.write(text);
      if (!isAnswered) resolve({ head: '', socket });
      socket.once('data', (bytes) => {
        socket.pause();
        resolve({ head: bytes.toString().split('\r\n')[0] ?? '', socket });
      });
    });
  }

  /** How long a run of two steps of the other tenant takes, to its end. */
  async victimsRun(): Promise<number> {
    const startedAt = Date.now();
    const key = `v-${(this.runs += 1)}`;
    const body = { workflow: 'plain', input: {}, key };
    const begun = await this.send('victim', 'POST', '/v1/runs', body);
    const { run } = JSON.parse(begun.text) as { run?: string };
    if (run === undefined) throw new Error(`expected a run, found ${begun.status} ${begun.text}`);
    for (;;) {
      const { text, status: code } = await this.send('victim', 'GET', `/v1/runs/${run}`);
      const { status } = JSON.parse(text) as { status: string };
      // Behind a 202 it is stored, and not shown yet.
      if (code === 404 && begun.status === 202 && Date.now() - startedAt < 30_000) {
        await sleep(20);
        continue;
      }
      if (status === 'completed') return Date.now() - startedAt;
      if (status !== 'running') throw new Error(`expected the run to complete, found ${text}`);
      if (Date.now() - startedAt > 30_000) throw new Error(`expected an end, found ${text}`);
      await sleep(20);
    }
  }
}

/** The code of a refusal; what else came is told with its status. */
export function codeOf({ status, text }: Answer): string {
  const { code } = JSON.parse(text) as { code?: string };
  return code ?? `${status}`;
}
