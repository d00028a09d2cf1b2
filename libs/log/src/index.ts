export * from './acceptance';
export * from './memory';
export * from './port';
