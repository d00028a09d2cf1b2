export * from './definitions';
export * from './engine';
export * from './service-process';
