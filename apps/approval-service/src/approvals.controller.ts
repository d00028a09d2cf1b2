import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { canonicalJson, Fault, json, type CommandData, type Json } from '@fermata/contracts';
import { findGate, listGates, waitForOffset, type GateRow } from '@fermata/read-model';
import {
  askFor,
  Caller,
  idempotencyKeyOf,
  parseBody,
  parseQuery,
  requireRole,
  TokenGuard,
  type CommandDesk,
  type Identity,
} from '@fermata/service';
import { Controller, Get, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { approvalView } from './approval-views';

/** What the inbox works with. */
export interface Inbox {
  readonly source: DataSource;
  readonly desk: CommandDesk;
}

/** Injection token of the inbox. */
export const INBOX = Symbol('INBOX');

const decisionBody = z.strictObject({
  decision: z.enum(['approve', 'reject', 'retry']),
  data: json.optional(),
  reason: z.string().max(4_096).optional(),
});

const LIST_MAX = 200;
const GATE_ID = /^[A-Za-z0-9._~-]{1,111}\/[A-Za-z0-9_]{1,64}\/gate-[0-9]{1,9}$/;

const CLOSED = ['approved', 'rejected', 'retried', 'expired', 'withdrawn', 'closed'] as const;
const listQuery = z.object({ state: z.enum(['open', 'all', ...CLOSED]).default('open') });

/** The response of the platform, as far as it is used here. */
interface Answer extends ServerResponse {
  status(code: number): Answer;
  json(body: unknown): void;
}

/** Gates for people: what waits for whom, and their decisions. */
@Controller('v1/approvals')
@UseGuards(TokenGuard)
export class ApprovalsController {
  constructor(@Inject(INBOX) private readonly inbox: Inbox) {}

  @Get()
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { state } = parseQuery(query, listQuery);
    const status = state === 'all' ? null : state;
    const { source } = this.inbox;
    const rows = await listGates(source, caller.tenant, caller.groups, status, LIST_MAX);
    return { approvals: rows.map((row) => approvalView(row, null)) };
  }

  @Get(':gate')
  async show(@Caller() caller: Identity, @Param('gate') gate: string) {
    const found = await this.find(caller, gate);
    return approvalView(found.gate, found.approval);
  }

  @Post(':gate/decision')
  async decide(
    @Caller() caller: Identity,
    @Param('gate') gate: string,
    @Req() request: IncomingMessage,
    @Res() answer: Answer,
  ) {
    requireRole(caller, 'approver');
    const body = await parseBody(request, decisionBody);
    const { gate: row } = await this.find(caller, gate);
    const { principal: approver, groups } = caller;
    const value = idempotencyKeyOf(request);
    const data = { gate, approver, groups, ...body } as CommandData<'DecideGate'>;
    const outcome = await askFor(
      this.inbox.desk,
      (partition, place) => waitForOffset(this.inbox.source, partition, place.offset),
      {
        type: 'DecideGate',
        run: row.run,
        data,
        caller,
        id: `decide/${digestOf(whatIsSame(row, caller, body))}`,
        key:
          value === undefined
            ? undefined
            : { kind: 'decide', value, said: { gate, ...body } as Json },
        source: 'fermata/approval-service',
        traceparent: request.headers['traceparent']?.toString(),
      },
    );
    answer.status(outcome === null ? 202 : 200).json({ gate, decision: body.decision });
  }

  /** A gate of the caller's tenant: another tenant's is no different from one that is not. */
  private async find(caller: Identity, gate: string) {
    const isId = GATE_ID.test(gate);
    const found = isId ? await findGate(this.inbox.source, caller.tenant, gate) : null;
    if (found !== null) return found;
    const message = `expected a gate of your tenant, found none for "${gate}"`;
    throw new Fault('NOT_FOUND', `${message}; list what waits for you`);
  }
}

/**
 * The same person with the same answer to the same question is the same decision, however often
 * it is sent. A gate that was escalated, or a person who joined a group, makes it another. Under an
 * idempotency key it is the same as long as the person says the same.
 */
function whatIsSame(row: GateRow, caller: Identity, body: object): Json {
  const { gate, groups: asked, due_at: dueAt } = row;
  const { principal, groups } = caller;
  // Without a key; its place stays, so that ids of before are the same.
  return { gate, asked, dueAt, principal, groups, key: null, ...body } as unknown as Json;
}

function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
