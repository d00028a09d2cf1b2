import type { IncomingMessage } from 'node:http';
import { policyDefinition } from '@fermata/contracts';
import { contentDigest } from '@fermata/core';
import { Caller, keepContent, parseBody, Serves, type Identity } from '@fermata/service';
import { Controller, Inject, Req } from '@nestjs/common';
import { EDGE, type Edge } from './edge';

/** Policies over HTTP: their owner brings one, and authors refer to it. */
@Controller()
export class PoliciesController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Serves('bringPolicy')
  async put(@Caller() caller: Identity, @Req() request: IncomingMessage) {
    const policy = await parseBody(request, policyDefinition);
    const digest = contentDigest(policy);
    const { tenant } = caller;
    await keepContent(this.edge.log, { kind: 'policy', tenant, definition: policy, digest });
    return { name: policy.name, version: policy.version, digest };
  }
}
