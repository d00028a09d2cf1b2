import { Fault } from '@fermata/contracts';
import { whyNeverCalled } from './never-called';
import { tenantsBefore } from './tenants-before';

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

/** The allowed hosts of the setting FERMATA_ALLOWED_HOSTS, separated by commas. */
export function allowedHostsIn(setting: string): readonly AllowedHost[] {
  return setting
    .split(',')
    .filter((host) => host !== '')
    .map(allowedHost);
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

/**
 * Why an agent's url can't be called, as far as its text tells: it is never called, or it is
 * neither https nor allowed for the tenant, or for any when none is named. What is allowed may be
 * unknown (null). Where its host leads to is found at the call.
 */
export function whyNotCallable(
  text: string,
  allowed: readonly AllowedHost[] | null,
  tenant?: string,
): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return `expected a url, found "${text}"; correct it`;
  const never = whyNeverCalled(url);
  if (never !== null || allowed === null) return never;
  const callers = (one: AllowedHost) => (tenant === undefined ? (one.tenants ?? ['']) : [tenant]);
  const isExempt = allowed.some((one) => callers(one).some((each) => isAllowed(one, url, each)));
  if (url.protocol === 'https:' || isExempt) return null;
  const found = `expected https, or a host that the operator allows, found ${url.origin}`;
  return `${found}; allow it in FERMATA_ALLOWED_HOSTS, or by --allow-host of fermata dev`;
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
