export { approvalLines } from './approval-text';
export * from './client';
export { EXIT, exitCodeOf } from './exit-code';
export { followRun, isHeld, type Screen } from './follow';
export { auditLine, auditRows } from './commands/runs';
export { errorText, programOf } from './program';
export { safeText, shownJson } from './safe-text';
export type { Session } from './session';
export { RunTree } from './tree';
