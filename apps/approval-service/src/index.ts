export * from './approval-service.module';
export type { Inbox } from './approvals.controller';
