import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaTools } from '@fermata/testing';

const ROOT = join(__dirname, '../..');
const CLIENTS = join(ROOT, 'examples/clients');

/** What a client printed, and how it ended. */
export interface Told {
  readonly code: number | null;
  readonly said: {
    readonly type: string;
    readonly run: string;
    readonly outcome?: string;
    readonly code?: string;
  };
}

/** A program and what stands before its own arguments. */
type Start = readonly [program: string, ...args: string[]];

/** An example client: whether this machine has its language, and how it is started. */
export interface ExampleClient {
  readonly language: string;
  isThere(): boolean;
  /** Brings what it needs; throws when that can't be had. */
  prepare(): Start;
}

const answers = (program: string, ...args: string[]): boolean =>
  spawnSync(program, args, { stdio: 'ignore' }).status === 0;

/** The clients of `examples/clients`. */
export const EXAMPLE_CLIENTS: readonly ExampleClient[] = [
  {
    language: 'TypeScript',
    isThere: () => true,
    prepare: () => {
      // kafkajs sets a timer in the past at each connect, of which Node warns; nothing is wrong.
      const quiet = '--disable-warning=TimeoutNegativeWarning';
      return [process.execPath, quiet, join(CLIENTS, 'typescript/start-run.ts')];
    },
  },
  {
    language: 'Java',
    isThere: () => kafkaTools().canStart(),
    prepare: () => {
      const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn';
      const program = join(CLIENTS, 'java/StartRun.java');
      return ['java', quiet, '-cp', `${kafkaTools().jars()}/*`, program];
    },
  },
  {
    language: 'Python',
    isThere: () => answers('python3', '-m', 'venv', '--help'),
    prepare: () => [join(python(), 'bin/python'), join(CLIENTS, 'python/start_run.py')],
  },
  {
    language: 'Go',
    isThere: () => answers('go', 'version'),
    prepare: () => [goProgram()],
  },
];

/** A virtual environment with what requirements.txt names, made once. */
function python(): string {
  const requirements = join(CLIENTS, 'python/requirements.txt');
  const folder = cacheOf('python', readFileSync(requirements));
  if (existsSync(folder)) return folder;
  run('python3', ['-m', 'venv', '--clear', folder]);
  try {
    // A registry may fail once.
    run(join(folder, 'bin/pip'), ['install', '-q', '--retries', '5', '-r', requirements]);
  } catch (error) {
    rmSync(folder, { recursive: true });
    throw error;
  }
  return folder;
}

/** The program, compiled once for each state of its sources; Go keeps its own downloads. */
function goProgram(): string {
  const cwd = join(CLIENTS, 'go');
  const sources = ['main.go', 'go.mod', 'go.sum'].map((name) => readFileSync(join(cwd, name)));
  const program = cacheOf('go', Buffer.concat(sources));
  if (existsSync(program)) return program;
  run('go', ['build', '-o', `${program}.${process.pid}`, '.'], cwd);
  renameSync(`${program}.${process.pid}`, program);
  return program;
}

function cacheOf(language: string, content: Buffer): string {
  const version = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return join(ROOT, 'node_modules/.cache/fermata-clients', `${language}-${version}`);
}

function run(program: string, args: readonly string[], cwd = ROOT): void {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status === 0) return;
  const found = error?.message ?? `${stdout}${stderr}`;
  throw new Error(`expected ${program} ${args.join(' ')} to succeed, found:\n${found}`);
}

/** Runs a client to its end. */
export async function runClient(
  [program, ...before]: Start,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Told> {
  const child = spawn(program, [...before, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let out = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { code, said: JSON.parse(out) as Told['said'] };
}
