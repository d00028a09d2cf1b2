export * from './definitions';
export * from './engine';
