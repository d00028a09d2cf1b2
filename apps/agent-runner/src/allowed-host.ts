import { Fault } from '@fermata/contracts';
import { tenantsBefore } from './runner-projects';

/** What the operator allows beyond the rule: tenants, a scheme, host and port, and paths. */
export interface AllowedHost {
  /** The tenants whose agents may be called there; null for every tenant. */
  readonly tenants: readonly string[] | null;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** The path below which an agent may be called, without a slash at its end. */
  readonly path: string;
}

const DEFAULT_PORT = { http: 80, https: 443 } as const;
/** Ways to write a slash, a backslash or a dot that a server may read as one after the check. */
const HIDDEN_STEP = /%(?:2f|5c|2e|25)/i;

/**
 * The allowed host that an operator's text stands for: a url with the tenants before it, such as
 * `acme+globex=http://10.0.0.5:9000/score`. Without tenants it is open to the tenant of development,
 * and with `*=` to every tenant.
 */
export function allowedHost(text: string): AllowedHost {
  const isForAll = text.startsWith('*=');
  const { tenants, rest } = isForAll
    ? { tenants: null, rest: text.slice(2) }
    : tenantsBefore(text, 'FERMATA_ALLOWED_HOSTS or --allow-host');
  const url = URL.canParse(rest) ? new URL(rest) : null;
  const scheme = url === null ? null : schemeOf(url);
  if (url !== null && scheme !== null && url.search === '' && url.hash === '') {
    const path = url.pathname.replace(/\/+$/, '');
    return { tenants, scheme, host: hostOf(url), port: portOf(url, scheme), path };
  }
  const found = `expected a url such as http://127.0.0.1:9000, found "${text}"`;
  throw new Fault(
    'CONFIG_INVALID',
    `${found}; correct it in FERMATA_ALLOWED_HOSTS or --allow-host`,
  );
}

/** Whether a call of a tenant to a url is one that the operator allowed. */
export function isAllowed(one: AllowedHost, url: URL, tenant: string): boolean {
  const scheme = schemeOf(url);
  if (scheme !== one.scheme || (one.tenants !== null && !one.tenants.includes(tenant)))
    return false;
  if (hostOf(url) !== one.host || portOf(url, scheme) !== one.port) return false;
  if (one.path === '') return true;
  const isBelow = url.pathname === one.path || url.pathname.startsWith(`${one.path}/`);
  return isBelow && !HIDDEN_STEP.test(url.pathname.slice(one.path.length));
}

/** The host of a url, an IPv6 address without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function schemeOf(url: URL): 'http' | 'https' | null {
  if (url.protocol === 'http:') return 'http';
  return url.protocol === 'https:' ? 'https' : null;
}

function portOf(url: URL, scheme: 'http' | 'https'): number {
  return url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port);
}
