export * from './definitions';
export * from './engine';
export * from './golden-logs';
export * from './kafka-tools';
export * from './service-process';
