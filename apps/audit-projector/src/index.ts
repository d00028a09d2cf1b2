export * from './audit-projector.module';
export * from './projection-loop';
export { PROJECTIONS } from './projections/projections';
