export * from './definitions';
export * from './engine';
export * from './kafka-tools';
export * from './service-process';
