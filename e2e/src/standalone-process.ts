import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@fermata/cli';

const ROOT = join(__dirname, '..', '..');
const EXAMPLE = join(ROOT, 'examples/loan-approval');

/** A credit bureau that outlives every crash of the services. */
export async function startBureau(): Promise<{ port: number; stop(): void }> {
  const child = spawn(process.execPath, [join(EXAMPLE, 'credit-bureau/server.ts')], {
    env: { ...process.env, PORT: '0', EXIT_WITH_PARENT: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { listening } = JSON.parse(line) as { listening: number };
  return { port: listening, stop: () => void child.stdin.end() };
}

/** All services in a process of their own, on data that survives it. */
export class StandaloneProcess {
  private child: ChildProcess | null = null;
  private said = '';

  constructor(
    private readonly dataDir: string,
    private readonly bureauPort: number,
  ) {}

  /** Starts the process and does not wait for it to be ready. */
  start(): void {
    const bureau = `http://127.0.0.1:${this.bureauPort}`;
    const main = join(ROOT, 'apps/standalone/dist/main.js');
    const args = ['--project', EXAMPLE, '--data', this.dataDir, '--port', '0'];
    const offers = join(this.dataDir, 'offers');
    this.child = spawn(process.execPath, [main, ...args, '--allow-host', bureau], {
      env: { ...process.env, CREDIT_BUREAU_URL: bureau, LOAN_OFFERS_DIR: offers },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.said = (this.said + chunk.toString()).slice(-4_000);
      });
    }
  }

  /** Waits until it says that it is ready. */
  async ready(): Promise<void> {
    const child = this.child;
    for (let waited = 0; !this.isReady(); waited += 20) {
      if (child === null || child.exitCode !== null || waited > 60_000) {
        throw new Error(`expected the services to start, found:\n${this.said}`);
      }
      await sleep(20);
    }
  }

  /** A client with a hand's key, to where the services are by now. */
  client(hand: 'requester' | 'approver'): Client {
    const note = JSON.parse(readFileSync(join(this.dataDir, 'connection.json'), 'utf8')) as {
      url: string;
      tokens: Record<string, string>;
    };
    return new Client({ url: note.url, token: note.tokens[hand] ?? '' });
  }

  /** Ends it at once, as the kernel does when memory is short. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
    // What it would have removed at a clean end; a client must not take it for the next one's.
    rmSync(join(this.dataDir, 'connection.json'), { force: true });
  }

  /** Stops it cleanly; gives its exit code. */
  async stop(): Promise<number | null> {
    return await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.child;
    if (child === null) return null;
    this.child = null;
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    }
    return child.exitCode;
  }

  private isReady(): boolean {
    return existsSync(join(this.dataDir, 'connection.json'));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
