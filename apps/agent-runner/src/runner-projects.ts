import { resolve } from 'node:path';
import { Fault } from '@fermata/contracts';
import { tenantsBefore } from '@fermata/sdk';

/** A project whose function agents a runner performs, and the tenants that may use them. */
export interface RunnerProject {
  readonly dir: string;
  readonly tenants: readonly string[];
}

/**
 * The projects of a setting: folders separated by commas, each with its tenants before it, such as
 * `acme+globex=/srv/lending,/srv/office`. A folder alone is for the tenant of development.
 */
export function runnerProjects(text: string): readonly RunnerProject[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.map((entry) => {
    const { tenants, rest } = tenantsBefore(entry, 'FERMATA_PROJECT');
    if (rest !== '') return { dir: resolve(rest), tenants };
    const found = `expected a folder such as acme=/srv/project, found "${entry}"`;
    throw new Fault('CONFIG_INVALID', `${found}; correct FERMATA_PROJECT`);
  });
}
