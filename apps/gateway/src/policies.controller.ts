import type { IncomingMessage } from 'node:http';
import { policyDefinition } from '@fermata/contracts';
import { contentDigest } from '@fermata/core';
import {
  Caller,
  keepContent,
  parseBody,
  requireRole,
  TokenGuard,
  type Identity,
} from '@fermata/service';
import { Controller, Inject, Put, Req, UseGuards } from '@nestjs/common';
import { EDGE, type Edge } from './edge';

/** Policies over HTTP: their owner brings one, and authors refer to it. */
@Controller('v1/policies')
@UseGuards(TokenGuard)
export class PoliciesController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Put()
  async put(@Caller() caller: Identity, @Req() request: IncomingMessage) {
    requireRole(caller, 'policy-owner');
    const policy = await parseBody(request, policyDefinition);
    const digest = contentDigest(policy);
    const { tenant } = caller;
    await keepContent(this.edge.log, { kind: 'policy', tenant, definition: policy, digest });
    return { name: policy.name, version: policy.version, digest };
  }
}
