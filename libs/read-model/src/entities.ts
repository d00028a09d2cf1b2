import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** Times and offsets come back as text: a JavaScript number may not hold them. */
const big = { type: 'bigint' } as const;
const bigOrNull = { type: 'bigint', nullable: true } as const;
const text = { type: 'text' } as const;
const textOrNull = { type: 'text', nullable: true } as const;

/** A run as it stands. */
@Entity('runs')
@Index('runs_by_start', ['tenant', 'started_at', 'run'])
export class RunRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) run!: string;
  @Column({ type: 'int', nullable: true }) partition!: number | null;
  @Column(textOrNull) workflow!: string | null;
  @Column(textOrNull) version!: string | null;
  @Column(textOrNull) definition!: string | null;
  @Column(textOrNull) policy!: string | null;
  @Column(textOrNull) status!: string | null;
  @Column(textOrNull) requester!: string | null;
  @Column(textOrNull) input!: string | null;
  @Column(textOrNull) output!: string | null;
  @Column(textOrNull) code!: string | null;
  @Column(textOrNull) message!: string | null;
  @Column(bigOrNull) started_at!: string | null;
  @Column(bigOrNull) ended_at!: string | null;
  @Column(big) sequence!: string;
  /** Offsets of the run's first and last event: where a replay reads. */
  @Column(bigOrNull) first_offset!: string | null;
  @Column(big) last_offset!: string;
}

/** A step that anything happened to. */
@Entity('steps')
export class StepRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) run!: string;
  @PrimaryColumn(text) step!: string;
  @Column(text) status!: string;
  @Column({ type: 'int', nullable: true }) attempt!: number | null;
  @Column(textOrNull) output!: string | null;
  @Column(bigOrNull) started_at!: string | null;
  @Column(bigOrNull) ended_at!: string | null;
}

/** One try at a step. */
@Entity('attempts')
export class AttemptRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) run!: string;
  @PrimaryColumn(text) step!: string;
  @PrimaryColumn({ type: 'int' }) attempt!: number;
  @Column(text) status!: string;
  @Column(textOrNull) agent!: string | null;
  @Column(textOrNull) capability!: string | null;
  @Column(textOrNull) risk!: string | null;
  @Column(textOrNull) policy!: string | null;
  @Column(textOrNull) input!: string | null;
  @Column(textOrNull) idempotency_key!: string | null;
  @Column(textOrNull) runner!: string | null;
  @Column(textOrNull) code!: string | null;
  @Column(textOrNull) message!: string | null;
  @Column(bigOrNull) scheduled_at!: string | null;
  @Column(bigOrNull) ended_at!: string | null;
}

/** A labelled state that a run came to. */
@Entity('checkpoints')
export class CheckpointRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) run!: string;
  @PrimaryColumn(text) label!: string;
  @Column(text) steps!: string;
  @Column(big) sequence!: string;
  @Column(big) at!: string;
}

/** A question to a person. */
@Entity('gates')
@Index('gates_by_status', ['tenant', 'status', 'due_at'])
@Index('gates_by_run', ['tenant', 'run'])
export class GateRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) gate!: string;
  @Column(text) run!: string;
  @Column(text) step!: string;
  @Column(text) status!: string;
  @Column(textOrNull) cause!: string | null;
  @Column(textOrNull) title!: string | null;
  @Column(textOrNull) groups!: string | null;
  @Column(textOrNull) shown!: string | null;
  @Column(textOrNull) shown_digest!: string | null;
  @Column(textOrNull) editable!: string | null;
  @Column(textOrNull) requester!: string | null;
  @Column(textOrNull) policy!: string | null;
  @Column(bigOrNull) opened_at!: string | null;
  @Column(bigOrNull) due_at!: string | null;
  @Column(bigOrNull) closed_at!: string | null;
}

/** What a person answered. */
@Entity('approvals')
@Index('approvals_by_run', ['tenant', 'run'])
export class ApprovalRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn(text) gate!: string;
  @Column(text) run!: string;
  @Column(text) step!: string;
  @Column(text) decision!: string;
  @Column(text) approver!: string;
  @Column(text) groups!: string;
  @Column(text) data!: string;
  @Column(text) data_digest!: string;
  @Column({ type: 'boolean' }) edited!: boolean;
  @Column(textOrNull) reason!: string | null;
  @Column(text) policy!: string;
  @Column(big) at!: string;
}

/**
 * The audit trail: every event and every refused command of a tenant, chained by hash for each
 * tenant and partition. Nothing in a row depends on when or how often it was projected.
 */
@Entity('audit')
@Index('audit_by_run', ['tenant', 'run', 'sequence'])
export class AuditRow {
  @PrimaryColumn({ type: 'int' }) partition!: number;
  @PrimaryColumn(big) offset!: string;
  @Column(big) epoch!: string;
  @Column(big) seq!: string;
  @Column(text) tenant!: string;
  @Column(text) run!: string;
  @Column(big) sequence!: string;
  @Column(text) type!: string;
  @Column(text) actor!: string;
  @Column(big) at!: string;
  @Column(text) cause!: string;
  @Column(textOrNull) traceparent!: string | null;
  @Column(textOrNull) policy!: string | null;
  @Column(text) data!: string;
  @Column(text) prev_hash!: string;
  @Column(text) hash!: string;
}

/** The last hash of each tenant's chain in each partition. */
@Entity('audit_heads')
export class AuditHeadRow {
  @PrimaryColumn(text) tenant!: string;
  @PrimaryColumn({ type: 'int' }) partition!: number;
  @Column(text) hash!: string;
}

/** How far the projection has come: saved in the same transaction as its rows. */
@Entity('positions')
export class PositionRow {
  @PrimaryColumn({ type: 'int' }) partition!: number;
  @Column(big) offset!: string;
  @Column(big) epoch!: string;
  @Column(big) seq!: string;
}

/** An event that the projection could not take in; the others went on. */
@Entity('quarantined_events')
export class QuarantinedEventRow {
  @PrimaryColumn({ type: 'int' }) partition!: number;
  @PrimaryColumn(big) offset!: string;
  @Column(text) type!: string;
  @Column(text) reason!: string;
}

/** All entities of the read model. */
export const ENTITIES = [
  RunRow,
  StepRow,
  AttemptRow,
  CheckpointRow,
  GateRow,
  ApprovalRow,
  AuditRow,
  AuditHeadRow,
  PositionRow,
  QuarantinedEventRow,
];
