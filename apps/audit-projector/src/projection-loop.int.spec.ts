import { randomUUID } from 'node:crypto';
import type { Event, EventBody } from '@fermata/contracts';
import { ORIGIN, type Place } from '@fermata/log';
import { findRun, openReadModel, savedPlace, verifyAudit } from '@fermata/read-model';
import type { EventBatch } from '@fermata/service';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { ProjectionLoop } from './projection-loop';

async function newDatabase(): Promise<string> {
  const server = process.env['FERMATA_TEST_POSTGRES_URL'] ?? '';
  const name = `projector_${randomUUID().replaceAll('-', '')}`;
  const client = new Client({ connectionString: server });
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  return server.replace(/\/postgres$/, `/${name}`);
}

let source: DataSource;
let loop: ProjectionLoop;

beforeEach(async () => {
  source = await openReadModel(await newDatabase());
  loop = new ProjectionLoop(source);
  await loop.startPlace(0);
});
afterEach(() => source.destroy());

const STARTED: EventBody<'RunStarted'> = {
  type: 'RunStarted',
  data: {
    workflow: { name: 'flow', version: '1.0.0', hash: 'f'.repeat(64) },
    policy: { name: 'plain', version: '1.0.0' },
    input: null,
    requester: 'user:asha',
    deadlineAt: null,
  },
};

/** A batch of one event of a run, which follows a place. */
function batchAfter(place: Place, sequence: number, body: EventBody, cause = 'c'): EventBatch {
  const next = { offset: place.offset + 1, epoch: 1, seq: place.seq + 1 };
  const envelope = { id: `run-1#${sequence}`, tenant: 'acme', run: 'run-1', sequence, at: 1 };
  const by = { causationId: cause, correlationId: 'c', actor: 'user:asha' };
  const event = { ...envelope, ...by, ...body } as unknown as Event;
  const entries = [{ event, place: next, text: JSON.stringify(body.data) }];
  return { partition: 0, entries, place: next };
}

describe('the projection', () => {
  const text = 'a\u0000b\ud800c';
  const kept = 'a\ufffdb\ufffdc';

  it('takes in what PostgreSQL can not hold as text, and its seal holds', async () => {
    const first = batchAfter(ORIGIN, 1, STARTED, text);
    await loop.consume(first);
    const cancelled = { reason: text, unsettled: [] };
    await loop.consume(batchAfter(first.place, 2, { type: 'RunCancelled', data: cancelled }));
    const found = await findRun(source, 'acme', 'run-1');
    expect(found?.run).toMatchObject({ status: 'cancelled', message: kept });
    const [row] = await source.query('SELECT cause FROM audit WHERE "offset" = 0');
    expect(row).toEqual({ cause: kept });
    expect(await verifyAudit(source, 'acme')).toEqual({ rows: 2, broken: null });
  });

  it('of one partition is moved by one of two projectors; the other goes on from there', async () => {
    const other = new ProjectionLoop(source);
    await other.startPlace(0);
    const first = batchAfter(ORIGIN, 1, STARTED);
    const both = await Promise.allSettled([loop.consume(first), other.consume(first)]);
    const [refused] = both.filter(({ status }) => status === 'rejected');
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(refused).toMatchObject({ reason: { code: 'LOG_UNAVAILABLE', retryable: true } });
    expect(await loop.startPlace(0)).toEqual(first.place);
    expect(await other.startPlace(0)).toEqual(first.place);
    const paused = batchAfter(first.place, 2, { type: 'RunPaused', data: { reason: '' } });
    await other.consume(paused);
    await expect(loop.consume(paused)).rejects.toMatchObject({ code: 'LOG_UNAVAILABLE' });
    expect(await verifyAudit(source, 'acme')).toEqual({ rows: 2, broken: null });
  });

  it('keeps an event that it can not fold, with the reason, and folds the others', async () => {
    const first = batchAfter(ORIGIN, 1, STARTED);
    const nameless = { type: 'RunStarted', data: {} } as unknown as EventBody;
    const poison = batchAfter(first.place, 2, nameless);
    const paused = batchAfter(poison.place, 3, { type: 'RunPaused', data: { reason: '' } });
    for (const batch of [first, poison, paused]) await loop.consume(batch);
    const kept = await source.query('SELECT "offset", type, reason FROM quarantined_events');
    expect(kept).toEqual([{ offset: '1', type: 'RunStarted', reason: expect.any(String) }]);
    expect(await savedPlace(source, 0)).toEqual(paused.place);
    expect((await findRun(source, 'acme', 'run-1'))?.run).toMatchObject({ status: 'paused' });
    expect(await verifyAudit(source, 'acme')).toEqual({ rows: 3, broken: null });
  });

  it('does not go on from the middle when its tables were emptied meanwhile', async () => {
    const first = batchAfter(ORIGIN, 1, STARTED);
    await loop.consume(first);
    for (const _ of source.migrations) await source.undoLastMigration();
    await source.runMigrations();
    const second = batchAfter(first.place, 2, { type: 'RunPaused', data: { reason: '' } });
    await expect(loop.consume(second)).rejects.toMatchObject({
      code: 'LOG_UNAVAILABLE',
      retryable: true,
    });
    expect(await savedPlace(source, 0)).toBeNull();
    expect(await loop.startPlace(0)).toEqual(ORIGIN);
    for (const batch of [first, second]) await loop.consume(batch);
    expect((await findRun(source, 'acme', 'run-1'))?.run).toMatchObject({ status: 'paused' });
  });
});
