import { z } from 'zod';
import { name, principal, tenantId } from './ids';

/** What its owner may do; docs/how-to/keys.md says it of each. */
export const role = z.enum([
  'requester',
  'approver',
  'operator',
  'author',
  'policy-owner',
  'installation-operator',
]);

/** Who a bearer token stands for. The tenant comes from here and from nowhere else. */
export const identity = z.strictObject({
  tenant: tenantId,
  principal,
  groups: z.array(name),
  roles: z.array(role),
});
/** Who a bearer token stands for. */
export type Identity = z.infer<typeof identity>;

/** The file of keys: SHA-256 of each token, in hex, and whom it stands for. */
export const keyFile = z.record(z.string().regex(/^[0-9a-f]{64}$/), identity);
