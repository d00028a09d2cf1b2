export { allowedHost, type AllowedHost } from './address-guard';
export type { AgentContext, Perform } from './agent';
export * from './agent-runner.module';
export { AttemptLoop } from './attempt-loop';
export { loadFunction } from './function-agent';
