export * from './audit-chain';
export type { Cell } from './binary-array';
export * from './data-source';
export * from './queries';
export * from './table';
export * from './tables';
