import '@fermata/service/start-telemetry';
import 'reflect-metadata';
import { resolve } from 'node:path';
import { needed, runService, countIn } from '@fermata/service';
import { allowedHost } from './address-guard';
import { AgentRunnerModule } from './agent-runner.module';

runService('agent-runner', async (log, env) => {
  const projectDir = resolve(needed(env, 'FERMATA_PROJECT'));
  const hosts = (env['FERMATA_ALLOWED_HOSTS'] ?? '').split(',').filter((host) => host !== '');
  const allowedHosts = hosts.map(allowedHost);
  return {
    module: AgentRunnerModule.register({
      log,
      projectDir,
      allowedHosts,
      agents: env['FERMATA_AGENTS'],
      attemptsMax: countIn(env, 'FERMATA_RUNNER_ATTEMPTS_MAX'),
    }),
    connect: (app) => AgentRunnerModule.connect(app, log),
  };
});
