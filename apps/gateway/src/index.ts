export * from './deployments';
export type { Edge } from './edge';
export * from './gateway.module';
export { openApiDocument } from './openapi';
export * from './projection-progress';
export { compareRun } from './replay';
