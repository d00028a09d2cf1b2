export * from './command-desk';
export * from './json-body';
export * from './log-consumer';
export * from './log-transport';
export * from './problem-filter';
export * from './telemetry';
export * from './tokens';
