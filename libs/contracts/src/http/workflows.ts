import { z } from 'zod';
import { definition, policyDefinition } from '../definition';
import { digest, name, version } from '../ids';
import { pageOf, pageQuery } from './page';
import { reads, type Route } from './route';

/** Which workflows to list. */
export const workflowsQuery = z.strictObject(pageQuery(1_000));

/** A workflow that can be started. */
export const deploymentView = z.object({ name, version, hash: digest });
/** A workflow that can be started. */
export type DeploymentView = z.infer<typeof deploymentView>;

/** What was deployed, and what its author may not have meant. */
export const deployedView = deploymentView.extend({
  warnings: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      path: z.array(z.union([z.string(), z.number()])).readonly(),
    }),
  ),
});

/** A policy that workflows may refer to. */
export const policyView = z.object({ name, version, digest });

/** Routes of workflows and their policies. */
export const WORKFLOW_ROUTES = [
  {
    id: 'deployWorkflow',
    method: 'put',
    path: '/v1/workflows',
    roles: ['author'],
    summary: 'Deploy a workflow with its policy and agents',
    body: definition,
    answers: reads(deployedView),
  },
  {
    id: 'bringPolicy',
    method: 'put',
    path: '/v1/policies',
    roles: ['policy-owner'],
    summary: 'Bring a policy, which authors may then refer to',
    body: policyDefinition,
    answers: reads(policyView),
  },
  {
    id: 'listWorkflows',
    method: 'get',
    path: '/v1/workflows',
    summary: 'List deployed workflows by name, each from its oldest version to its newest',
    query: workflowsQuery,
    answers: reads(pageOf('workflows', deploymentView)),
  },
] as const satisfies readonly Route[];
