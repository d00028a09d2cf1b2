import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Definition, JsonObject } from '@fermata/contracts';
import { hashOfToken } from '@fermata/service';
import { definitionOf } from '@fermata/testing';
import { sleep } from '../standalone-process';

const ROOT = join(__dirname, '../../..');
const ROLES = ['requester', 'approver', 'operator', 'author', 'policy-owner'];

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
  private agent: Server | null = null;
  private runs = 0;
  url = '';

  async start(): Promise<void> {
    chmodSync(this.folder, 0o755);
    const agent = createServer((request, response) => {
      if (request.url === SILENT) return;
      response.setHeader('content-type', 'application/json').end('{"ok":true}');
    });
    this.agent = agent.listen(0, '127.0.0.1');
    await once(agent, 'listening');
    const keys = ['attacker', 'victim'].map((tenant) => [
      hashOfToken(tenant),
      { tenant, principal: `user:${tenant}`, groups: ['reviewers'], roles: ROLES },
    ]);
    const keysFile = join(this.folder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(Object.fromEntries(keys)), { mode: 0o600 });
    const dataDir = join(this.folder, 'data');
    const args = ['--project', join(ROOT, 'e2e/project'), '--data', dataDir, '--port', '0'];
    const more = ['--keys', keysFile, '--allow-host', `*=${this.agentUrl}`];
    const main = join(ROOT, 'apps/standalone/dist/main.js');
    const child = spawn(process.execPath, [main, ...args, ...more], { stdio: 'pipe' });
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on(
        'data',
        (chunk: Buffer) => (this.said = (this.said + chunk.toString()).slice(-4_000)),
      );
    }
    const note = join(dataDir, 'connection.json');
    for (let waited = 0; !existsSync(note); waited += 50) {
      if (child.exitCode !== null || waited > 60_000) throw new Error(`not ready:\n${this.said}`);
      await sleep(50);
    }
    this.url = (JSON.parse(readFileSync(note, 'utf8')) as { url: string }).url;
  }

  async stop(): Promise<void> {
    const { child } = this;
    if (child !== null && child.exitCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }
    this.agent?.closeAllConnections();
    this.agent?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get agentUrl(): string {
    return `http://127.0.0.1:${(this.agent?.address() as AddressInfo).port}`;
  }

  /** Bytes that the services hold, the database not counted. */
  memory(): number {
    const status = readFileSync(`/proc/${this.child?.pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
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

  /** How long a run of two steps of the other tenant takes, to its end. */
  async victimsRun(): Promise<number> {
    const startedAt = Date.now();
    const key = `v-${(this.runs += 1)}`;
    const body = { workflow: 'plain', input: {}, key };
    const begun = await this.send('victim', 'POST', '/v1/runs', body);
    const { run } = JSON.parse(begun.text) as { run?: string };
    if (run === undefined) throw new Error(`expected a run, found ${begun.status} ${begun.text}`);
    for (;;) {
      const { text } = await this.send('victim', 'GET', `/v1/runs/${run}`);
      const { status } = JSON.parse(text) as { status: string };
      if (status === 'completed') return Date.now() - startedAt;
      if (status !== 'running') throw new Error(`expected the run to complete, found ${text}`);
      if (Date.now() - startedAt > 30_000) throw new Error(`expected an end, found ${text}`);
      await sleep(20);
    }
  }
}
