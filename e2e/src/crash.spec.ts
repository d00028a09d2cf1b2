import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventView, RunDetailView } from '@fermata/cli';
import { openReadModel, verifyAudit } from '@fermata/read-model';
import { LoanCrowd } from './loan-crowd';
import { sleep, StandaloneProcess, startBureau } from './standalone-process';

const RUNS = Number(process.env['FERMATA_E2E_RUNS'] ?? 200);
const KILLS = Number(process.env['FERMATA_E2E_KILLS'] ?? 50);
const SEED = Number(process.env['FERMATA_E2E_SEED'] ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 that a seed repeats. */
function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe(`kill -9 at ${KILLS} random moments of ${RUNS} loan runs (seed ${SEED})`, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'fermata-crash-'));
  chmodSync(dataDir, 0o755);
  let bureau: Awaited<ReturnType<typeof startBureau>>;
  let services: StandaloneProcess;
  let crowd: LoanCrowd;
  let kills = 0;

  beforeAll(async () => {
    bureau = await startBureau();
    services = new StandaloneProcess(dataDir, bureau.port);
    services.start();
    await services.ready();
    crowd = new LoanCrowd(services);
    const over = Promise.all([crowd.startAll(RUNS), crowd.watch(RUNS)]);
    const chance = chanceOf(SEED);
    for (; kills < KILLS; kills += 1) {
      // Most of this time goes to a start: crashes fall into starts, recoveries and work alike.
      await sleep(200 + chance() * 2_300);
      await services.kill();
      services.start();
    }
    await services.ready();
    await over;
  }, 900_000);

  afterAll(async () => {
    await services.stop();
    bureau.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const eventsOf = async (run: string): Promise<readonly EventView[]> => {
    const call = { path: { run }, query: { limit: 1_000 } };
    return (await services.client('requester').ask('listEvents', call)).events;
  };

  it('ends every run as its documents ask', () => {
    const endOf = (detail: RunDetailView | undefined): unknown =>
      detail?.problem?.code ?? (detail?.output as { decision?: string } | undefined)?.decision;
    const ends = crowd.asked.map(({ run }) => endOf(crowd.ended.get(run)));
    expect(ends).toEqual(crowd.asked.map(({ end }) => end));
    expect(new Set(crowd.asked.map(({ run }) => run)).size).toBe(RUNS);
    expect(kills).toBe(KILLS);
  });

  it('completes no step twice, and starts none again that was completed', async () => {
    for (const { run } of crowd.asked) {
      const completed = new Set<string>();
      for (const { type, data } of await eventsOf(run)) {
        const step = String(data['step']);
        if (type === 'AttemptScheduled')
          expect([run, step, completed.has(step)]).toEqual([run, step, false]);
        if (type !== 'StepCompleted') continue;
        expect([run, step, completed.has(step)]).toEqual([run, step, false]);
        completed.add(step);
      }
    }
  }, 120_000);

  it('sends one offer for each run that earns one, and none for another', () => {
    const files = readdirSync(join(dataDir, 'offers/ledger'));
    const ledger = files
      .filter((file) => file.endsWith('.json'))
      .map(
        (file) =>
          JSON.parse(readFileSync(join(dataDir, 'offers/ledger', file), 'utf8')) as {
            offerId: string;
          },
      );
    const offered = [...crowd.ended.values()].flatMap(({ output }) => {
      const { offer = null } = (output ?? {}) as { offer?: { offerId: string } | null };
      return offer === null ? [] : [offer.offerId];
    });
    expect(offered).toHaveLength(crowd.asked.filter(({ end }) => end === 'offered').length);
    expect(ledger.map(({ offerId }) => offerId).sort()).toEqual(offered.sort());
    const letters = readdirSync(join(dataDir, 'offers/letters'));
    // A crash may leave a letter aside, half written, under a name that no one reads.
    expect(letters.filter((file) => file.endsWith('.pdf'))).toHaveLength(offered.length);
  });

  it('folds every run from the log to what the projection shows', async () => {
    const differences: unknown[] = [];
    for (const { run } of crowd.asked) {
      const report = await services.client('requester').ask('replayRun', { path: { run } });
      if (!report.equal) differences.push(report);
    }
    expect(differences).toEqual([]);
  }, 120_000);

  it('keeps the chain of the audit trail whole', async () => {
    const note = join(dataDir, 'postgres/server.json');
    const { port, password } = JSON.parse(readFileSync(note, 'utf8')) as Record<string, string>;
    const source = await openReadModel(`postgres://fermata:${password}@127.0.0.1:${port}/postgres`);
    try {
      const { rows, broken } = await verifyAudit(source, 'local');
      expect(broken).toBeNull();
      expect(rows).toBeGreaterThan(RUNS * 5);
    } finally {
      await source.destroy();
    }
  });
});
