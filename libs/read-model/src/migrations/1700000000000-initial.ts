import type { MigrationInterface, QueryRunner } from 'typeorm';

const UP = `
  CREATE TABLE runs (
    tenant text NOT NULL, run text NOT NULL, status text, partition int, workflow text,
    version text, definition text, policy text, requester text, input text, output text,
    code text, message text, started_at bigint, ended_at bigint, sequence bigint NOT NULL,
    first_offset bigint, last_offset bigint NOT NULL,
    CONSTRAINT runs_pk PRIMARY KEY (tenant, run));
  CREATE INDEX runs_by_start ON runs (tenant, started_at, run);
  CREATE TABLE steps (
    tenant text NOT NULL, run text NOT NULL, step text NOT NULL, status text NOT NULL,
    attempt int, output text, started_at bigint, ended_at bigint,
    CONSTRAINT steps_pk PRIMARY KEY (tenant, run, step));
  CREATE TABLE attempts (
    tenant text NOT NULL, run text NOT NULL, step text NOT NULL, attempt int NOT NULL,
    status text NOT NULL, agent text, capability text, risk text, policy text, input text,
    idempotency_key text, runner text, code text, message text, scheduled_at bigint,
    ended_at bigint, CONSTRAINT attempts_pk PRIMARY KEY (tenant, run, step, attempt));
  CREATE TABLE checkpoints (
    tenant text NOT NULL, run text NOT NULL, label text NOT NULL, steps text NOT NULL,
    sequence bigint NOT NULL, at bigint NOT NULL,
    CONSTRAINT checkpoints_pk PRIMARY KEY (tenant, run, label));
  CREATE TABLE gates (
    tenant text NOT NULL, gate text NOT NULL, run text NOT NULL, step text NOT NULL,
    status text NOT NULL, cause text, title text, groups text, shown text, shown_digest text,
    editable text, requester text, policy text, opened_at bigint, due_at bigint,
    closed_at bigint, CONSTRAINT gates_pk PRIMARY KEY (tenant, gate));
  CREATE INDEX gates_by_status ON gates (tenant, status, due_at);
  CREATE INDEX gates_by_run ON gates (tenant, run);
  CREATE TABLE approvals (
    tenant text NOT NULL, gate text NOT NULL, run text NOT NULL, step text NOT NULL,
    decision text NOT NULL, approver text NOT NULL, groups text NOT NULL, data text NOT NULL,
    data_digest text NOT NULL, edited boolean NOT NULL, reason text, policy text NOT NULL,
    at bigint NOT NULL, CONSTRAINT approvals_pk PRIMARY KEY (tenant, gate));
  CREATE INDEX approvals_by_run ON approvals (tenant, run);
  CREATE TABLE audit (
    partition int NOT NULL, "offset" bigint NOT NULL, epoch bigint NOT NULL, seq bigint NOT NULL,
    tenant text NOT NULL, run text NOT NULL, sequence bigint NOT NULL, type text NOT NULL,
    actor text NOT NULL, at bigint NOT NULL, cause text NOT NULL, traceparent text, policy text,
    data text NOT NULL, prev_hash text NOT NULL, hash text NOT NULL,
    CONSTRAINT audit_pk PRIMARY KEY (partition, "offset"));
  CREATE INDEX audit_by_run ON audit (tenant, run, sequence);
  CREATE TABLE audit_heads (
    tenant text NOT NULL, partition int NOT NULL, hash text NOT NULL,
    CONSTRAINT audit_heads_pk PRIMARY KEY (tenant, partition));
  CREATE TABLE positions (
    partition int NOT NULL, "offset" bigint NOT NULL, epoch bigint NOT NULL, seq bigint NOT NULL,
    CONSTRAINT positions_pk PRIMARY KEY (partition));
  CREATE TABLE quarantined_events (
    partition int NOT NULL, "offset" bigint NOT NULL, type text NOT NULL, reason text NOT NULL,
    CONSTRAINT quarantined_events_pk PRIMARY KEY (partition, "offset"));
`;

const TABLES =
  'quarantined_events, positions, audit_heads, audit, approvals, gates, checkpoints, attempts, steps, runs';

/** The first tables of the read model. */
export class Initial1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${TABLES}`);
  }
}
