import { resolve } from 'node:path';
import { Fault, tenantId } from '@fermata/contracts';

/** A project whose function agents a runner performs, and the tenants that may use them. */
export interface RunnerProject {
  readonly dir: string;
  readonly tenants: readonly string[];
}

/** The tenant of development: whom a project is for, and a host open to, when nobody says. */
export const DEFAULT_TENANT = 'local';

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

/** The tenants that stand before an entry's `=`, separated by `+`, and what comes after it. */
export function tenantsBefore(
  entry: string,
  setting: string,
): { readonly tenants: readonly string[]; readonly rest: string } {
  const [, before, rest] = /^([^=/\\:]*)=(.*)$/s.exec(entry) ?? [];
  if (before === undefined || rest === undefined) return { tenants: [DEFAULT_TENANT], rest: entry };
  const tenants = before.split('+');
  const wrong = tenants.find((tenant) => !tenantId.safeParse(tenant).success);
  if (wrong === undefined) return { tenants, rest };
  const found = `expected tenants such as acme+globex before "=", found "${wrong}" in "${entry}"`;
  throw new Fault('CONFIG_INVALID', `${found}; correct ${setting}`);
}
