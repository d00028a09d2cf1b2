import type { IncomingMessage } from 'node:http';
import { definition } from '@fermata/contracts';
import { Caller, parseBody, requireRole, TokenGuard, type Identity } from '@fermata/service';
import { Controller, Get, Inject, Put, Req, UseGuards } from '@nestjs/common';
import { checkRights } from './deployment-rights';
import { deploy, deployments } from './deployments';
import { EDGE, type Edge } from './edge';

/** Workflows over HTTP: deploy and list. */
@Controller('v1/workflows')
@UseGuards(TokenGuard)
export class WorkflowsController {
  constructor(@Inject(EDGE) private readonly edge: Edge) {}

  @Put()
  async put(@Caller() caller: Identity, @Req() request: IncomingMessage) {
    requireRole(caller, 'author');
    const body = await parseBody(request, definition);
    await checkRights(this.edge.log, caller, body);
    return deploy(this.edge.log, caller.tenant, body, false, this.edge.ceilings);
  }

  @Get()
  async list(@Caller() caller: Identity) {
    return { workflows: await deployments(this.edge.log, caller.tenant) };
  }
}
