import { Fault, type Event } from '@fermata/contracts';
import { ORIGIN, type Place } from '@fermata/log';
import {
  arraysOf,
  GENESIS,
  savedPlace,
  TABLES,
  sweepArraysOf,
  sweepOf,
  upsertOf,
  type Change,
  type TableName,
} from '@fermata/read-model';
import {
  ConsumesLog,
  SpanKind,
  spansAreOn,
  tellSpan,
  type EventBatch,
  type EventEntry,
} from '@fermata/service';
import { Controller, Inject, Logger } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import type { DataSource } from 'typeorm';
import { Changes } from './changes';
import { projectEvent } from './project-event';
import { PROJECTIONS } from './projections/projections';

/** The group under which the projector reads the log. */
export const PROJECTOR_GROUP = 'audit-projector';
/** Injection token of the read model that the projector writes. */
export const PROJECTION_SOURCE = Symbol('PROJECTION_SOURCE');

const UPSERTS = Object.fromEntries(
  Object.entries(TABLES).map(([name, table]) => [name, upsertOf(name, table)]),
) as Record<TableName, string>;
const SWEEPS: ReadonlyMap<TableName, string> = new Map(
  PROJECTIONS.flatMap(({ table, sweep }) => (sweep ? [[table, sweepOf(table, sweep)]] : [])),
);

interface Head {
  readonly tenant: string;
  readonly hash: string;
}

/** A database connection, as far as it is used here. */
interface Connection {
  query(query: string | { name: string; text: string; values: unknown[] }): Promise<{
    rowCount: number | null;
    rows: Record<string, unknown>[];
  }>;
}

/**
 * Folds the log into the read model: one transaction a batch, which also moves the position, and
 * only from the place where this batch begins. So of two projectors one is refused.
 */
@Controller()
export class ProjectionLoop {
  private readonly logger = new Logger('ProjectionLoop');
  private readonly places = new Map<number, Place>();
  /** Per partition, the hash that each tenant's chain ends in. */
  private readonly heads = new Map<number, Map<string, string>>();

  constructor(@Inject(PROJECTION_SOURCE) private readonly source: DataSource) {}

  /** Where the projection of a partition goes on; forgets what it remembered of a failed batch. */
  async startPlace(partition: number): Promise<Place> {
    const place = (await savedPlace(this.source, partition)) ?? ORIGIN;
    const text = 'SELECT tenant, hash FROM audit_heads WHERE partition = $1';
    const heads = await this.source.query<Head[]>(text, [partition]);
    this.places.set(partition, place);
    this.heads.set(partition, new Map(heads.map(({ tenant, hash }) => [tenant, hash])));
    return place;
  }

  @ConsumesLog(PROJECTOR_GROUP)
  async consume(@Payload() batch: EventBatch): Promise<void> {
    const changes = new Changes();
    for (const entry of batch.entries) this.project(changes, batch.partition, entry);
    const runner = this.source.createQueryRunner();
    const connection = (await runner.connect()) as Connection;
    try {
      await connection.query('BEGIN');
      await this.write(connection, changes, batch);
      await connection.query('COMMIT');
      this.places.set(batch.partition, batch.place);
      if (spansAreOn()) tellOf(batch);
    } catch (error) {
      await connection.query('ROLLBACK').catch(() => undefined);
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** An event that can't be projected is kept with the reason; the others go on. */
  private project(changes: Changes, partition: number, entry: EventEntry): void {
    const { event, place } = entry;
    try {
      projectEvent(changes, event, { partition, offset: place.offset });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error(`event ${event.id} can not be projected: ${reason}`);
      const row = { partition, offset: place.offset, type: event.type, reason };
      changes.set('quarantined_events', row satisfies Change<'quarantined_events'>);
    }
    if (event.tenant !== null) this.audit(changes, partition, entry, event.tenant);
  }

  private audit(changes: Changes, partition: number, entry: EventEntry, tenant: string): void {
    const { event, place, text } = entry;
    const heads = this.heads.get(partition) ?? new Map<string, string>();
    this.heads.set(partition, heads);
    const hash = changes.chain(heads.get(tenant) ?? GENESIS, {
      partition,
      offset: place.offset,
      epoch: place.epoch,
      seq: place.seq,
      tenant,
      run: event.run,
      sequence: event.sequence,
      type: event.type,
      actor: event.actor,
      at: event.at,
      cause: event.causationId,
      traceparent: event.traceparent ?? null,
      policy: policyOf(event),
      data: text,
    });
    heads.set(tenant, hash);
    changes.set('audit_heads', { tenant, partition, hash } satisfies Change<'audit_heads'>);
  }

  private async write(connection: Connection, changes: Changes, batch: EventBatch): Promise<void> {
    // The position is saved with the rows: what a crash takes back is projected again.
    await connection.query('SET LOCAL synchronous_commit = off');
    await this.movePlace(connection, batch);
    for (const [table, rows] of changes.byTable()) {
      const values = arraysOf(TABLES[table], rows);
      await connection.query({ name: `upsert-${table}`, text: UPSERTS[table], values });
    }
    for (const [table, text] of SWEEPS) {
      const swept = changes.sweeps.get(table);
      if (swept === undefined) continue;
      await connection.query({ name: `sweep-${table}`, text, values: sweepArraysOf(swept) });
    }
  }

  private async movePlace(connection: Connection, batch: EventBatch): Promise<void> {
    const from = this.places.get(batch.partition) ?? ORIGIN;
    // The first row is written only from the origin: were the tables emptied under us, the rows
    // before this batch would be missed by nobody.
    const text = `INSERT INTO positions SELECT $1::int, $2::bigint, $3::bigint, $4::bigint
      WHERE $5::bigint = ${ORIGIN.offset} OR EXISTS (SELECT FROM positions WHERE partition = $1)
      ON CONFLICT (partition) DO UPDATE
      SET "offset" = excluded."offset", epoch = excluded.epoch, seq = excluded.seq
      WHERE positions."offset" = $5 AND positions.epoch = $6 AND positions.seq = $7`;
    const { offset, epoch, seq } = batch.place;
    const values = [batch.partition, offset, epoch, seq, from.offset, from.epoch, from.seq];
    const moved = await connection.query({ name: 'move-place', text, values });
    if (moved.rowCount === 1) return;
    const found = `expected partition ${batch.partition} to be projected to offset ${from.offset}`;
    throw new Fault('LOG_UNAVAILABLE', `${found}, found that another projector moved it`, true);
  }
}

function policyOf(event: Event): string | null {
  if (!('policy' in event.data)) return null;
  return `${event.data.policy.name}@${event.data.policy.version}`;
}

/** One span for each trace that the batch belongs to. */
function tellOf({ partition, entries }: EventBatch): void {
  const parents = new Map(entries.map(({ event }) => [event.run, event.traceparent]));
  for (const [run, parent] of parents) {
    if (parent === undefined) continue;
    const attributes = { 'fermata.run': run, 'fermata.partition': partition };
    tellSpan('project events', { kind: SpanKind.CONSUMER, parent, attributes });
  }
}
