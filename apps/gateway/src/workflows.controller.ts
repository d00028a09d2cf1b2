import type { IncomingMessage } from 'node:http';
import {
  definition,
  name as nameSchema,
  version as versionSchema,
  workflowsQuery,
  type DeploymentView,
} from '@fermata/contracts';
import { emptyGroups } from '@fermata/core';
import {
  Caller,
  keyIn,
  nextOf,
  parseBody,
  parseQuery,
  TOKENS,
  Serves,
  type Identity,
  type TokenDirectory,
} from '@fermata/service';
import { Controller, Inject, Query, Req } from '@nestjs/common';
import { z } from 'zod';
import { checkAddresses } from './deployment-addresses';
import { checkRights } from './deployment-rights';
import { asWarning, deploy, deployments } from './deployments';
import { EDGE, type Edge } from './edge';
import { compareVersions } from './newest-version';

const KEY = z.tuple([nameSchema, versionSchema]);

/** Workflows over HTTP: deploy and list. */
@Controller()
export class WorkflowsController {
  constructor(
    @Inject(EDGE) private readonly edge: Edge,
    @Inject(TOKENS) private readonly tokens: TokenDirectory,
  ) {}

  @Serves('deployWorkflow')
  async put(@Caller() caller: Identity, @Req() request: IncomingMessage) {
    const body = await parseBody(request, definition);
    const { log, allowedHosts, ceilings } = this.edge;
    checkAddresses(allowedHosts, caller.tenant, body);
    await checkRights(log, caller, body);
    const deployed = await deploy(log, caller.tenant, body, false, ceilings);
    const empty = emptyGroups(body, this.tokens.groupsOf(caller.tenant)).map(asWarning);
    return { ...deployed, warnings: [...deployed.warnings, ...empty] };
  }

  @Serves('listWorkflows')
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
