export * from './agent';
export * from './allowed-host';
export { METADATA_ADDRESSES } from './never-called';
export type { ProjectWorkflow } from './assemble-workflow';
export {
  agentsFile,
  loadProject,
  projectFile,
  type Project,
  type Surroundings,
} from './load-project';
export * from './people';
export * from './project-functions';
export * from './project-module';
export { DEFAULT_TENANT, tenantsBefore } from './tenants-before';
export { SourceFile, type ProjectProblem } from './source-file';
