import { Fault, tenantId } from '@fermata/contracts';

/** The tenant of development: whom a project is for, and a host open to, when nobody says. */
export const DEFAULT_TENANT = 'local';

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
