export { allowedHost, type AllowedHost } from './address-guard';
export type { AgentContext, FoundAgent, Perform } from './agent';
export * from './agent-runner.module';
export { AttemptLoop } from './attempt-loop';
export { loadFunction } from './function-agent';
export * from './pool';
export { Slots } from './slots';
