import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { answerOf, Fault, type AnswerOf, type Definition } from '@fermata/contracts';
import { agentKindOf, allowedHostsIn, groupsIn, loadProject } from '@fermata/sdk';
import { moduleProblems } from '../module-problems';
import { isRefused, problemLine, problemsOf } from '../project-problems';
import { jsonLines, line } from '../safe-text';
import { clientOf, print, type CommonOptions, type Session } from '../session';

/** Checks a project and says everything that is wrong with it, each with its place. */
export async function validate(
  session: Session,
  dir: string,
  options: CommonOptions & {
    readonly strict?: boolean;
    readonly modules?: boolean;
    readonly keys?: string;
  },
): Promise<void> {
  const { env, unset } = withoutAddresses(session.env);
  const folder = resolve(session.cwd, dir);
  const hosts = session.env['FERMATA_ALLOWED_HOSTS'];
  const read = loadProject(folder, env, {
    groups: groupsOf(session, folder, options.keys),
    allowedHosts: hosts === undefined ? undefined : allowedHostsIn(hosts),
  });
  const isRead = read.problems.length === 0 && options.modules !== false;
  const project = isRead ? { ...read, problems: await moduleProblems(folder) } : read;
  const problems = problemsOf(project, options.strict);
  const isWrong = isRefused(problems);
  const workflows = isWrong && project.problems.length === 0 ? [] : project.workflows;
  const fine = workflows.map(
    ({ definition: { workflow }, graph }) =>
      line`${workflow.name}@${workflow.version} is valid: ${graph.steps.length} steps, ${graph.hash}`,
  );
  const names = workflows.map(({ graph }) => ({ ...graph.workflow, hash: graph.hash }));
  const note = line`not set: ${[...unset].join(', ')}; a hash here is not the one that is deployed`;
  const valid = isWrong ? [] : [...fine, ...(unset.size > 0 ? [note] : [])];
  const value = { workflows: names, problems, unset: [...unset] };
  print(session, options, value, [...problems.map(problemLine), ...valid]);
  session.exit(isWrong ? 1 : 0);
}

/** Groups that somebody is in: by a file of keys, or by those of the last `fermata dev` here. */
function groupsOf(
  session: Session,
  folder: string,
  file: string | undefined,
): ReadonlySet<string> | undefined {
  const known = resolve(folder, '.fermata/people.json');
  if (file !== undefined) return groupsIn(resolve(session.cwd, file));
  return existsSync(known) ? groupsIn(known) : undefined;
}

/** An address that only the environment knows does not make a definition wrong. */
function withoutAddresses(known: Session['env']): { env: Session['env']; unset: Set<string> } {
  const unset = new Set<string>();
  const env = new Proxy(known, {
    get: (values, name: string) => {
      const value = values[name];
      if (value !== undefined && value !== '') return value;
      unset.add(name);
      return 'https://unset.invalid';
    },
  });
  return { env, unset };
}

/** Deploys a project's workflows; a version that was deployed with other content is refused. */
export async function deploy(session: Session, dir: string, options: CommonOptions): Promise<void> {
  const project = loadProject(resolve(session.cwd, dir), session.env);
  const problems = problemsOf(project);
  if (isRefused(problems)) {
    print(session, options, { workflows: [], problems }, problems.map(problemLine));
    return session.exit(1);
  }
  const { workflows } = project;
  const client = clientOf(session, options, 'operator');
  const deployed: AnswerOf<'deployWorkflow'>[] = [];
  for (const { definition: bundle } of workflows) {
    deployed.push(await client.ask('deployWorkflow', { body: bundle }));
  }
  const lines = deployed.map(
    ({ name, version, hash }) => line`deployed ${name}@${version}, ${hash}`,
  );
  const told = problems.map(problemLine);
  print(session, options, { workflows: deployed, problems }, [...told, ...lines]);
}

/**
 * Runs one step alone, in this process, with the input that a real run gave it. An effect is
 * refused unless it is asked for by name: testing must not send a second letter.
 */
export async function testStep(
  session: Session,
  workflow: string,
  stepId: string,
  options: CommonOptions & {
    readonly fromRun: string;
    readonly project?: string;
    readonly allowEffects?: boolean;
  },
): Promise<void> {
  const dir = resolve(session.cwd, options.project ?? '.');
  const { workflows, problems } = loadProject(dir, withoutAddresses(session.env).env);
  const found = workflows.find(({ definition: { workflow: one } }) =>
    [one.name, `${one.name}@${one.version}`].includes(workflow),
  );
  if (found === undefined) {
    const names = workflows.map((one) => one.definition.workflow.name).join(', ');
    const [problem] = problems;
    const why = problem === undefined ? `known: ${names}` : problemLine(problem);
    const remedy = 'name the folder of the project with --project';
    const found = `expected a workflow "${workflow}" in ${dir}, found none`;
    throw new Fault('NOT_FOUND', `${found} (${why}); correct the name, or ${remedy}`);
  }
  const index = found.graph.indexOf.get(stepId);
  const step = index === undefined ? undefined : found.graph.steps[index];
  const work = step?.work;
  if (work?.kind !== 'agent') {
    const message = `expected a step of ${workflow} that an agent performs, found "${stepId}"`;
    const names = found.graph.steps.filter((one) => one.work.kind === 'agent').map(({ id }) => id);
    throw new Fault('STEP_UNKNOWN', `${message}; there is ${names.slice(0, 50).join(', ')}`);
  }
  if (work.risk === 'effect' && !options.allowEffects) {
    const message = `expected a step without effects, found that ${stepId} has one`;
    throw new Fault('PERMISSION_DENIED', `${message}; add --allow-effects if you mean it`);
  }
  const client = clientOf(session, options, 'requester');
  const path = { run: options.fromRun, step: stepId };
  const { input } = await client.ask('readStepInput', { path });
  const perform = await functionOf(dir, found.definition, work);
  const began = Date.now();
  const output = answerOf(await perform(input, contextOf(options.fromRun, stepId)));
  const violation = work.checkOutput(output);
  const report = {
    step: stepId,
    input,
    output,
    contract: violation ?? 'met',
    tookMs: Date.now() - began,
  };
  print(session, options, report, [
    line`${stepId} of ${workflow}, with the input of ${options.fromRun}`,
    line`input`,
    ...jsonLines(input, '  '),
    line`output`,
    ...jsonLines(output, '  '),
    line`contract ${report.contract}, ${report.tookMs} ms`,
  ]);
  session.exit(violation === null ? 0 : 1);
}

type Performs = (input: unknown, context: unknown) => Promise<unknown>;

async function functionOf(
  dir: string,
  { agents }: Definition,
  work: { readonly agent: { readonly name: string }; readonly capability: string },
): Promise<Performs> {
  const agent = agents.find(({ name }) => name === work.agent.name);
  if (agent === undefined) {
    const found = `expected an agent ${work.agent.name} in the definition, found none`;
    throw new Fault('INPUT_INVALID', `${found}; name it in a file of agents`);
  }
  const { code } = agentKindOf(agent);
  if (code === null) {
    const found = `expected a function agent, found ${agent.kind} for ${agent.name}`;
    throw new Fault('INPUT_INVALID', `${found}; call an ${agent.kind} agent by its own tools`);
  }
  const { perform } = await code.load(agent, work.capability, dir);
  return perform as Performs;
}

function contextOf(run: string, step: string): unknown {
  return {
    tenant: 'test-step',
    run,
    step,
    attempt: { id: `${run}/${step}/test`, number: 1 },
    idempotencyKey: '0'.repeat(64),
    signal: new AbortController().signal,
    deadlineAt: Date.now() + 60_000,
    traceparent: undefined,
    heartbeat: () => undefined,
  };
}
