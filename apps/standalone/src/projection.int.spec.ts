import { PROJECTOR_GROUP, ProjectionLoop } from '@fermata/audit-projector';
import { ProjectionProgress } from '@fermata/gateway';
import { postgresLog, type LogPort } from '@fermata/log';
import { openReadModel, savedPlace, verifyAudit } from '@fermata/read-model';
import { LogConsumer } from '@fermata/service';
import type { DataSource } from 'typeorm';
import { Services } from './standalone.fixture';

const PROJECT = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes:
  reasoning: &class {attemptsMax: 2, backoff: {initial: 10ms, factor: 1, max: 10ms}, timeout: 10s}
  read: *class
  effect: *class
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      half: {module: ./agents.mjs, export: half, risk: read}
`,
  'agents.mjs': `export const half = async ({ n }) => {
  if (n % 2 !== 0) throw new Error('expected an even number, found ' + n);
  return { n: n / 2 };
};`,
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  first: {capability: half, input: {n: run.input.n}}
  more: {needs: [first], when: dyn(steps.first.output.n) > 2, capability: half, input: {n: steps.first.output.n}}
  ask:
    needs: [more]
    when: run.input.ask == true
    gate: {title: Go on?, groups: [underwriters], show: {n: steps.first.output.n}, due: 1h, onDue: reject}
checkpoints: {c1: [first], c2: [more, ask]}
output: {n: steps.first.output.n}
`,
};

const TABLES = [
  'runs',
  'steps',
  'attempts',
  'checkpoints',
  'gates',
  'approvals',
  'audit',
  'audit_heads',
  'positions',
  'quarantined_events',
];

/** Every row of every table, as text. */
async function rowsOf(source: DataSource): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  for (const table of TABLES) {
    const rows = await source.query(`SELECT to_json(t)::text AS row FROM ${table} t ORDER BY 1`);
    found[table] = rows.map(({ row }: { row: string }) => row);
  }
  return found;
}

/** Folds the whole log into the read model, this many events at a time, and ends. */
async function foldAll(log: LogPort, source: DataSource, batchMax: number): Promise<void> {
  const loop = new ProjectionLoop(source);
  const ends = await Promise.all(
    Array.from({ length: log.partitions }, (_, partition) => log.end('log', partition)),
  );
  const left = new Set(ends.flatMap((end, partition) => (end > 0 ? [partition] : [])));
  await new Promise<void>((resolve, reject) => {
    const consumer = new LogConsumer({
      log,
      group: PROJECTOR_GROUP,
      batchMax,
      startPlace: (partition) => loop.startPlace(partition),
      consume: async (batch) => {
        await loop.consume(batch);
        if (batch.place.offset + 1 >= (ends[batch.partition] ?? 0)) left.delete(batch.partition);
        if (left.size === 0) consumer.stop().then(resolve, reject);
      },
    });
    consumer.start();
  });
}

describe('the read model', () => {
  let url: string;
  let source: DataSource;
  let log: LogPort;

  beforeAll(async () => {
    const services = await Services.start(PROJECT);
    url = services.databaseUrl;
    const start = (n: number, ask: boolean) => services.run('flow', { n, ask });
    const plain = await Promise.all([8, 4, 3, 16, 6].map((n) => start(n, false)));
    const held = await Promise.all([8, 4, 12].map((n) => start(n, true)));
    const gates = await Promise.all(held.map((run) => services.gate(run)));
    await services.decide('approver', gates[0] ?? '', { decision: 'approve' });
    await services.decide('approver', gates[1] ?? '', { decision: 'reject', reason: 'no' });
    await services.post('requester', `/v1/runs/${held[2]}/cancel`, { reason: 'changed my mind' });
    await Promise.all([...plain, ...held].map((run) => services.ended(run)));
    await services.stop();
    source = await openReadModel(url);
    log = await postgresLog({ url, shared: false });
  }, 60_000);

  afterAll(async () => {
    await log.close();
    await source.destroy();
  });

  it.each([1, 7, 1_000])(
    'is the same when its tables are dropped and the log is folded again, %d events at a time',
    async (batchMax) => {
      const before = await rowsOf(source);
      expect(before['runs']).toHaveLength(8);
      for (const _ of source.migrations) await source.undoLastMigration();
      await source.runMigrations();
      expect((await rowsOf(source))['runs']).toEqual([]);
      await foldAll(log, source, batchMax);
      expect(await rowsOf(source)).toEqual(before);
    },
  );

  it('has the tables that its entities describe', async () => {
    const missing = async () => {
      const { upQueries } = await source.driver.createSchemaBuilder().log();
      return upQueries.map(({ query }) => query);
    };
    expect(await missing()).toEqual([]);
    await source.query('ALTER TABLE runs RENAME COLUMN requester TO asker');
    expect(await missing()).not.toEqual([]);
    await source.query('ALTER TABLE runs RENAME COLUMN asker TO requester');
    expect(await missing()).toEqual([]);
  });

  it('shows the audit trail whole, and finds a row that was changed or taken out', async () => {
    expect((await verifyAudit(source, 'local')).broken).toBeNull();
    const [row] = await source.query(
      `SELECT partition, "offset", data FROM audit WHERE type = 'StepCompleted' LIMIT 1`,
    );
    const where = `WHERE partition = ${row.partition} AND "offset" = ${row.offset}`;
    await source.query(`UPDATE audit SET data = replace(data, '"n"', '"m"') ${where}`);
    expect((await verifyAudit(source, 'local')).broken).toMatchObject({
      partition: row.partition,
      offset: row.offset,
    });
    await source.query(`UPDATE audit SET data = $1 ${where}`, [row.data]);
    expect((await verifyAudit(source, 'local')).broken).toBeNull();
    await source.query('BEGIN');
    const [kept] = await source.query(`SELECT * FROM audit ${where}`);
    await source.query('ROLLBACK');
    await source.query(`DELETE FROM audit ${where}`);
    expect((await verifyAudit(source, 'local')).broken?.reason).toMatch(
      /expected the row to follow/,
    );
    const columns = Object.keys(kept);
    const names = columns.map((name) => `"${name}"`).join(', ');
    const places = columns.map((_, index) => `$${index + 1}`).join(', ');
    await source.query(`INSERT INTO audit (${names}) VALUES (${places})`, Object.values(kept));
    expect((await verifyAudit(source, 'local')).broken).toBeNull();
  });

  it('is asked now and then how far it has come, for the edge to know its lag', async () => {
    let at = 1_000;
    const progress = new ProjectionProgress(source, () => at);
    const offset = (await savedPlace(source, 0))?.offset ?? -1;
    expect(progress.lag(0, offset + 7)).toBe(0);
    for (let look = 0; look < 100 && progress.lag(0, offset + 7) === 0; look++) {
      await savedPlace(source, 0);
    }
    expect(progress.lag(0, offset + 7)).toBe(7);
    expect(progress.lag(0, offset - 1)).toBe(0);
    at += 999;
    expect(progress.lag(99, 1_000_000)).toBe(0);
  });

  it('saves rows and position together or not at all, and goes on when it can', async () => {
    const before = await rowsOf(source);
    for (const _ of source.migrations) await source.undoLastMigration();
    await source.runMigrations();
    await source.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no room'; END $$`);
    await source.query('CREATE TRIGGER refuse BEFORE INSERT ON steps EXECUTE FUNCTION refuse()');
    const loop = new ProjectionLoop(source);
    const partition = JSON.parse(before['runs']?.[0] ?? '{}').partition as number;
    const batches: Parameters<ProjectionLoop['consume']>[0][] = [];
    await new Promise<void>((resolve) => {
      const consumer = new LogConsumer({
        log,
        group: 'test',
        startPlace: (at) => loop.startPlace(at),
        consume: async (batch) => {
          if (batch.partition !== partition) return;
          batches.push(batch);
          void consumer.stop().then(resolve);
        },
      });
      consumer.start();
    });
    const [batch] = batches;
    if (batch === undefined) throw new Error('expected a batch');
    await expect(loop.consume(batch)).rejects.toThrow('no room');
    expect(await savedPlace(source, partition)).toBeNull();
    expect((await rowsOf(source))['audit']).toEqual([]);
    await source.query('DROP TRIGGER refuse ON steps');
    await source.query('DROP FUNCTION refuse');
    await foldAll(log, source, 1_000);
    expect(await rowsOf(source)).toEqual(before);
  });

  it('lets one of two projectors move a place, and tells the other', async () => {
    const [first, second] = [new ProjectionLoop(source), new ProjectionLoop(source)];
    const place = await first.startPlace(0);
    await second.startPlace(0);
    const next = { ...place, offset: place.offset + 1 };
    const batch = { partition: 0, entries: [], place: next };
    await first.consume(batch);
    await expect(second.consume(batch)).rejects.toThrow('found that another projector moved it');
  });
});
