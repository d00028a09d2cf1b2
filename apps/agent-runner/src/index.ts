export { allowedHost, type AllowedHost } from './address-guard';
export type { AgentContext, Perform } from './agent';
export * from './agent-runner.module';
export { AttemptLoop, RUNNER_GROUP } from './attempt-loop';
export { loadFunction } from './function-agent';
