export * from './audit-chain';
export * from './data-source';
export * from './queries';
export * from './table';
export * from './tables';
