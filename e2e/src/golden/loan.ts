import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentRunnerModule, AttemptLoop, RegisteredAgents } from '@fermata/agent-runner';
import type { Json, JsonObject } from '@fermata/contracts';
import { allowedHost, loadProject } from '@fermata/sdk';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { startBureau } from '../standalone-process';
import type { Stage } from './stage';

const EXAMPLE = join(__dirname, '../../../examples/loan-approval');
/** The tenant of a stage's commands. */
const TENANT = 'acme';

@Module({})
class RunnerModule {}

/** The loan example, its attempts performed by the runner and the agents that users have. */
export async function tellLoan(stage: Stage): Promise<void> {
  const offers = mkdtempSync(join(tmpdir(), 'golden-offers-'));
  process.env['LOAN_OFFERS_DIR'] = offers;
  const bureau = await startBureau();
  const url = `http://127.0.0.1:${bureau.port}`;
  const [workflow] = loadProject(EXAMPLE, { CREDIT_BUREAU_URL: url }).workflows;
  if (workflow === undefined) throw new Error('expected the example to have a workflow');
  await stage.deploy(workflow.definition);
  await stage.own();
  const project = { dir: EXAMPLE, tenants: [TENANT] };
  const registered = await RegisteredAgents.load([project], () => true);
  const allowedHosts = [allowedHost(`${TENANT}=${url}`)];
  const options = { log: stage.log, registered, allowedHosts };
  const imports = [AgentRunnerModule.register(options)];
  const app = await NestFactory.create({ module: RunnerModule, imports }, { logger: ['error'] });
  const transport = AgentRunnerModule.connect(app, stage.log);
  await app.startAllMicroservices();
  try {
    await tell(stage);
  } finally {
    await app.get(AttemptLoop).stop();
    await transport.close();
    await app.close();
    bureau.stop();
    rmSync(offers, { recursive: true, force: true });
  }
}

async function tell(stage: Stage): Promise<void> {
  for (const name of ['asha-good', 'carla-borderline', 'dmitri-refused', 'elena-broken']) {
    await stage.start('loan-approval', { run: name }, inputOf(name));
  }
  const held = await stage.event('carla-borderline', 'GateOpened');
  const less = { amount: 12_000, ratePercent: 8, termMonths: 48 };
  const edited = { ...(held.data.shown as JsonObject), ...less };
  await stage.decide('carla-borderline', { decision: 'approve', data: edited, reason: 'less' });
  for (const name of ['asha-good', 'carla-borderline', 'dmitri-refused']) {
    await stage.event(name, 'RunCompleted');
  }
  await stage.event('elena-broken', 'RunFailed');
  // One that holds for a person.
  await stage.start('loan-approval', { run: 'carla-again' }, inputOf('carla-borderline'));
  await stage.event('carla-again', 'GateOpened');
}

function inputOf(name: string): Json {
  const path = join(EXAMPLE, 'applications', name, 'application.json');
  return JSON.parse(readFileSync(path, 'utf8')) as Json;
}
