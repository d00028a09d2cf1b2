export * from './acceptance';
export * from './accepted-reader';
export * from './fence';
export * from './memory';
export * from './partition-writer';
export * from './port';
export * from './postgres';
