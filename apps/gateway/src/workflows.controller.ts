import type { IncomingMessage } from 'node:http';
import {
  definition,
  name as nameSchema,
  version as versionSchema,
  workflowsQuery,
  type DeploymentView,
} from '@fermata/contracts';
import {
  Caller,
  keyIn,
  nextOf,
  parseBody,
  parseQuery,
  requireRole,
  TokenGuard,
  type Identity,
} from '@fermata/service';
import { Controller, Get, Inject, Put, Query, Req, UseGuards } from '@nestjs/common';
import { z } from 'zod';
import { checkRights } from './deployment-rights';
import { deploy, deployments } from './deployments';
import { EDGE, type Edge } from './edge';
import { compareVersions } from './newest-version';

const KEY = z.tuple([nameSchema, versionSchema]);

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
  async list(@Caller() caller: Identity, @Query() query: unknown) {
    const { cursor, limit } = parseQuery(query, workflowsQuery);
    const [name, version] = keyIn(cursor, KEY) ?? ['', ''];
    const all = (await deployments(this.edge.log, caller.tenant)).sort(inOrder);
    const behind = all.filter((one) => inOrder(one, { name, version }) > 0);
    const rows = behind.slice(0, limit);
    const page = { rows, hasMore: behind.length > limit };
    return { workflows: rows, next: nextOf(page, (row) => [row.name, row.version]) };
  }
}

type Named = Pick<DeploymentView, 'name' | 'version'>;

function inOrder(a: Named, b: Named): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return compareVersions(a.version, b.version);
}
