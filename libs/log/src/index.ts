export * from './acceptance';
export * from './accepted-reader';
export * from './fence';
export * from './memory';
export * from './partition-writer';
export * from './kafka/kafka-log';
export * from './port';
export { bytesOf, recordOfBytes } from './raw-record';
export * from './postgres';
