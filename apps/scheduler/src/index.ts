export * from './command-loop';
export * from './definition-store';
export * from './onlooker';
export * from './scheduler.config';
export * from './scheduler.module';
