import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { canonicalJson, Fault, json, type CommandData, type Json } from '@fermata/contracts';
import { findGate, listGates, waitForOffset } from '@fermata/read-model';
import {
  askFor,
  Caller,
  parseBody,
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
const EVERY_STATE = 'all';

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
  async list(@Caller() caller: Identity, @Query('state') state = 'open') {
    const status = state === EVERY_STATE ? null : state;
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
    const data = { gate, approver, groups, ...body } as CommandData<'DecideGate'>;
    const outcome = await askFor(
      this.inbox.desk,
      (partition, place) => waitForOffset(this.inbox.source, partition, place.offset),
      {
        type: 'DecideGate',
        run: row.run,
        data,
        caller,
        // The same person with the same answer is the same decision, however often it is sent.
        id: `decide/${digestOf({ gate, approver, ...body } as unknown as Json)}`,
        source: 'fermata/approval-service',
        traceparent: request.headers['traceparent']?.toString(),
      },
    );
    answer.status(outcome === null ? 202 : 200).json({ gate, decision: body.decision });
  }

  /** A gate of the caller's tenant and groups: another is no different from one that is not. */
  private async find(caller: Identity, gate: string) {
    const found = await findGate(this.inbox.source, caller.tenant, gate);
    if (found !== null) return found;
    const message = `expected a gate of your tenant, found none for "${gate}"`;
    throw new Fault('NOT_FOUND', `${message}; list what waits for you`);
  }
}

function digestOf(value: Json): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}
