export * from './audit-projector.module';
export * from './projection-loop';
