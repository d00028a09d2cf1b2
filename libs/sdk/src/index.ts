export * from './agent';
export type { ProjectWorkflow } from './assemble-workflow';
export { agentsFile, loadProject, projectFile, type Project } from './load-project';
export * from './project-functions';
export * from './project-module';
export { SourceFile, type ProjectProblem } from './source-file';
