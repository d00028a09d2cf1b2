import type { Definition, OnDue } from '@fermata/contracts';
import { warn, type Problem, type Report } from '../graph/problem';

type Path = readonly (string | number)[];

/**
 * Groups that a definition asks and in which nobody is: what waits for them would wait in vain.
 * It is only told, since a person may be given a key while a gate is open.
 */
export function emptyGroups(
  { workflow, policy }: Definition,
  known: ReadonlySet<string>,
): readonly Problem[] {
  const report: Report = { problems: [] };
  const check = (groups: readonly string[], path: Path) => {
    for (const [index, group] of groups.entries()) {
      if (known.has(group)) continue;
      const found = `expected a group in which somebody is, found that nobody has "${group}"`;
      const remedy = 'give somebody a key with this group, or correct the name';
      warn(report, 'GROUP_EMPTY', [...path, index], `${found}; ${remedy}`);
    }
  };
  for (const [id, { gate }] of Object.entries(workflow.steps)) {
    if (gate === undefined) continue;
    const path = ['workflow', 'steps', id, 'gate'];
    check(gate.groups, [...path, 'groups']);
    checkEscalation(gate.onDue, path, check);
  }
  if (policy.approvers === undefined) return report.problems;
  check(policy.approvers.groups, ['policy', 'approvers', 'groups']);
  checkEscalation(policy.approvers.onDue, ['policy', 'approvers'], check);
  return report.problems;
}

function checkEscalation(
  onDue: OnDue,
  path: Path,
  check: (groups: readonly string[], path: Path) => void,
): void {
  if (onDue === 'reject') return;
  check(onDue.escalate.groups, [...path, 'onDue', 'escalate', 'groups']);
}
