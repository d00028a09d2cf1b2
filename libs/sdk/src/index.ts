export * from './agent';
export {
  agentsFile,
  loadProject,
  projectFile,
  type Project,
  type ProjectWorkflow,
} from './load-project';
export * from './project-functions';
export * from './project-module';
export { SourceFile, type ProjectProblem } from './source-file';
