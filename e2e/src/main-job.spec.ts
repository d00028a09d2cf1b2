import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from './standalone-process';

const ROOT = join(__dirname, '..', '..');
const JOB = join(ROOT, 'examples/loan-approval/dist/main-job.js');

/** The main job as a script sees it: no terminal, its words collected. */
class MainJob {
  said = '';
  private readonly child: ChildProcess;

  constructor(folder: string, ...options: readonly string[]) {
    const args = [JOB, '--data', join(folder, '.fermata'), ...options];
    this.child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const listen = (chunk: Buffer): void => void (this.said += chunk.toString());
    this.child.stdout?.on('data', listen);
    this.child.stderr?.on('data', listen);
  }

  async says(text: string): Promise<void> {
    for (let waited = 0; !this.said.includes(text); waited += 20) {
      if (waited > 30_000) throw new Error(`expected "${text}", found:\n${this.said}`);
      await sleep(20);
    }
  }

  async end(signal?: NodeJS.Signals): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const gone = once(this.child, 'exit');
    if (signal !== undefined) this.child.kill(signal);
    await gone;
    return this.child.exitCode;
  }
}

function fermata(folder: string, ...args: readonly string[]) {
  const program = join(ROOT, 'apps/cli/bin/fermata.cjs');
  return spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
}

describe('the main job', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-main-job-'));
    chmodSync(folder, 0o755);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('decides by itself with --auto, writes the letter and ends with 0', async () => {
    const job = new MainJob(folder, '--auto');
    expect(await job.end()).toBe(0);
    expect(job.said).toContain('checkpoints c1 c2 c3 c4');
    const [, letter = ''] = /^Letter\s+(\S+)$/m.exec(job.said) ?? [];
    expect(readFileSync(letter).subarray(0, 5).toString()).toBe('%PDF-');
    expect(job.said).toMatch(/GateDecided human_review\s+user:underwriter\s+lending@1\.0\.0/);
  }, 60_000);

  it('holds at the gate across a restart, and runs no step again that came before', async () => {
    const before = new MainJob(folder);
    await before.says('approvals approve');
    expect(await before.end('SIGINT')).toBe(0);
    expect(existsSync(join(folder, '.fermata/connection.json'))).toBe(false);
    const after = new MainJob(folder);
    await after.says('approvals approve');
    expect(after.said).toContain('Going on with loan-approval-');
    const [gate = ''] = /loan-approval-\S+\/gate-1/.exec(after.said) ?? [];
    const run = gate.split('/')[0] ?? '';
    expect(fermata(folder, 'runs', 'watch', run).status).toBe(3);
    const shown = fermata(folder, 'approvals', 'show', gate);
    expect(shown.stdout).toContain('"applicant": "Carla Mendez"');
    expect(shown.stdout).toContain('lending@1.0.0');
    expect(fermata(folder, 'approvals', 'approve', gate).status).toBe(0);
    await after.says('Ctrl-C stops it');
    const events = fermata(folder, 'runs', 'events', run, '--json').stdout;
    const { events: list } = JSON.parse(events) as {
      events: { type: string; data: { step?: string } }[];
    };
    const scheduled = list.filter(({ type }) => type === 'AttemptScheduled');
    const steps = scheduled.map(({ data }) => data.step);
    expect(new Set(steps).size).toBe(steps.length);
    expect(steps).toHaveLength(5);
    expect(fermata(folder, 'replay', run).status).toBe(0);
    expect(fermata(folder, 'approvals', 'reject', gate).stderr).toMatch(/^GATE_CLOSED: expected/);
    expect(await after.end('SIGTERM')).toBe(0);
  }, 90_000);

  it('ends a rejected application as rejected, and a broken document as failed', async () => {
    const job = new MainJob(folder);
    await job.says('approvals approve');
    const [gate = ''] = /loan-approval-\S+\/gate-1/.exec(job.said) ?? [];
    fermata(folder, 'approvals', 'reject', gate, '--reason', 'too short an employment');
    await job.says('Ctrl-C stops it');
    expect(job.said).toContain('GATE_REJECTED');
    const run = fermata(folder, 'runs', 'watch', gate.split('/')[0] ?? '');
    expect(run.status).toBe(4);
    const input = join(ROOT, 'examples/loan-approval/applications/elena-broken/application.json');
    const broken = fermata(folder, 'run', 'loan-approval', '--input', `@${input}`, '--wait');
    expect(broken.status).toBe(1);
    expect(broken.stdout).toMatch(
      /DOCUMENT_UNREADABLE expected a PDF document in salary-slip\.pdf/,
    );
    expect(await job.end('SIGTERM')).toBe(0);
  }, 90_000);

  it('refuses a second one on the same data, and names the first', async () => {
    const first = new MainJob(folder);
    await first.says('approvals approve');
    const second = new MainJob(folder);
    expect(await second.end()).toBe(1);
    expect(second.said).toMatch(
      /CONFIG_INVALID: expected nobody on the data in .*, found process \d+/,
    );
    expect(await first.end('SIGTERM')).toBe(0);
  }, 90_000);
});
