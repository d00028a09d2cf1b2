export * from './agent';
export * from './load-project';
export { SourceFile, type ProjectProblem } from './source-file';
