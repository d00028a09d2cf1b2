export * from './audit-chain';
export * from './data-source';
export * from './entities';
export * from './queries';
export * from './tables';
