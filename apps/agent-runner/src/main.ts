import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { needed, runService, countIn } from '@fermata/service';
import { allowedHostsIn } from '@fermata/sdk';
import { AgentRunnerModule } from './agent-runner.module';
import { poolOf } from './pool';
import { RegisteredAgents } from './registered-agents';
import { runnerProjects } from './runner-projects';

runService('agent-runner', async (log, env) => {
  const projects = runnerProjects(needed(env, 'FERMATA_PROJECT'));
  const { serves } = poolOf(env['FERMATA_AGENTS'] ?? '');
  const registered = await RegisteredAgents.load(projects, serves);
  const allowedHosts = allowedHostsIn(env['FERMATA_ALLOWED_HOSTS'] ?? '');
  // Told before it says that it is ready: who starts it may deploy then.
  await registered.announce(log);
  return {
    module: AgentRunnerModule.register({
      log,
      registered,
      allowedHosts,
      agents: env['FERMATA_AGENTS'],
      attemptsMax: countIn(env, 'FERMATA_RUNNER_ATTEMPTS_MAX'),
    }),
    connect: (app) => AgentRunnerModule.connect(app, log),
  };
});
