import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hashOfToken } from '@fermata/service';
import { Client } from 'pg';
import { checkAnswer } from './contract-check.fixture';
import { startStandalone, type Standalone } from './standalone';

/** A new database on the server that the tests have. */
export async function newDatabase(): Promise<string> {
  const server = process.env['FERMATA_TEST_POSTGRES_URL'] ?? '';
  const name = `standalone_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.replace(/\/postgres$/, `/${name}`);
}

/** People who are neither of the three local hands. */
const PEOPLE = {
  stranger: { tenant: 'other', principal: 'user:stranger', groups: ['underwriters'] },
  outsider: { tenant: 'local', principal: 'user:outsider', groups: ['gardeners'] },
  /** Deploys workflows, and brings no policy. */
  author: { tenant: 'local', principal: 'user:author', groups: [], roles: ['author'] },
} as const;

/** Whose token a request carries. */
export type Hand = 'requester' | 'approver' | 'operator' | keyof typeof PEOPLE | 'nobody';

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  // eslint-disable-next-line -- a test reads what it expects
  readonly body: any;
}

/** All services on a database of their own, and requests to them over real HTTP. */
export class Services {
  private constructor(
    readonly fermata: Standalone,
    readonly databaseUrl: string,
    private readonly folder: string,
  ) {}

  /** Starts them on a project of these files. */
  static async start(files: Readonly<Record<string, string>>): Promise<Services> {
    const folder = mkdtempSync(join(tmpdir(), 'fermata-services-'));
    const projectDir = join(folder, 'project');
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(join(projectDir, name, '..'), { recursive: true });
      writeFileSync(join(projectDir, name), content);
    }
    const roles = ['requester', 'approver', 'operator', 'author', 'policy-owner'];
    const people = Object.entries(PEOPLE).map(
      ([hand, identity]) => [hashOfToken(hand), { roles, ...identity }] as const,
    );
    const keysFile = join(folder, 'keys.json');
    writeFileSync(keysFile, JSON.stringify(Object.fromEntries(people)));
    const databaseUrl = await newDatabase();
    const dataDir = join(folder, 'data');
    const more = { port: 0, env: {}, allowedHosts: [] };
    const started = { projectDir, dataDir, databaseUrl, keysFile, ...more };
    return new Services(await startStandalone(started), databaseUrl, folder);
  }

  async stop(): Promise<void> {
    await this.fermata.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get(hand: Hand, path: string): Promise<Answer> {
    return this.send(hand, 'GET', path);
  }

  post(
    hand: Hand,
    path: string,
    body: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    return this.send(hand, 'POST', path, JSON.stringify(body), headers);
  }

  /** Sends a body as it is, well-formed or not. */
  async send(
    hand: Hand,
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const answer = await fetch(this.fermata.url + path, {
      method,
      headers: { ...this.authorization(hand), 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const text = await answer.text();
    const type = answer.headers.get('content-type') ?? '';
    const answered = { status: answer.status, type, body: text === '' ? null : JSON.parse(text) };
    checkAnswer(method, path, answered);
    return answered;
  }

  authorization(hand: Hand): Record<string, string> {
    if (hand === 'nobody') return {};
    const token = hand in PEOPLE ? hand : this.fermata.keys[hand as keyof Standalone['keys']];
    return { authorization: `Bearer ${token}` };
  }

  /** Starts a run and gives its key. */
  async run(workflow: string, input: unknown = {}): Promise<string> {
    const answer = await this.post('requester', '/v1/runs', { workflow, input });
    if (answer.status === 201) return answer.body.run;
    throw new Error(`expected a run, found ${JSON.stringify(answer)}`);
  }

  /** A run once it is as wanted; what it looks like is read again after each of its events. */
  async runWhen(run: string, wanted: (detail: Answer['body']) => boolean): Promise<Answer['body']> {
    for (;;) {
      const heard = new Promise<void>((resolve) => {
        const stop = this.fermata.desk.listen(({ entries }) => {
          if (!entries.some(({ event }) => event.run === run)) return;
          stop();
          resolve();
        });
      });
      for (let looks = 0; looks < 40; looks += 1) {
        const { body } = await this.get('requester', `/v1/runs/${run}`);
        if (wanted(body)) return body;
        await new Promise((resolve) => setImmediate(resolve));
      }
      await heard;
    }
  }

  /** A run that has ended. */
  ended(run: string): Promise<Answer['body']> {
    return this.runWhen(run, ({ status }) => !['running', 'paused'].includes(status));
  }

  /** The open gate of a run, once it holds there. */
  async gate(run: string): Promise<string> {
    const isOpen = ({ status }: { status: string }): boolean => status === 'open';
    const held = await this.runWhen(run, ({ gates }) => gates.some(isOpen));
    return held.gates.find(isOpen).gate;
  }

  /** The name of the runner that last claimed an attempt of a run, as the log has it. */
  async runnerOf(run: string): Promise<string> {
    const [row] = await this.ask<{ runner: string }>(
      'SELECT runner FROM attempts WHERE run = $1 AND runner IS NOT NULL',
      [run],
    );
    return row?.runner ?? '';
  }

  /** Asks the read model's database itself, or writes to it what would take long to happen. */
  async ask<T>(text: string, values: readonly unknown[] = []): Promise<T[]> {
    const client = new Client({ connectionString: this.databaseUrl });
    await client.connect();
    try {
      return (await client.query(text, [...values])).rows;
    } finally {
      await client.end();
    }
  }

  decide(hand: Hand, gate: string, body: unknown): Promise<Answer> {
    return this.post(hand, `/v1/approvals/${encodeURIComponent(gate)}/decision`, body);
  }
}
