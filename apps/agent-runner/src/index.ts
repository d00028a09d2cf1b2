export type { AgentContext, FoundAgent, Perform } from './agent';
export * from './agent-runner.module';
export { AttemptLoop } from './attempt-loop';
export * from './pool';
export { Slots } from './slots';
export { RegisteredAgents } from './registered-agents';
export { runnerProjects, type RunnerProject } from './runner-projects';
