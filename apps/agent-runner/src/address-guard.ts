import { lookup as lookupHost, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Fault } from '@fermata/contracts';
import ipaddr from 'ipaddr.js';

/** A host that the operator allows beyond the rule: any scheme or address said here. */
export interface AllowedHost {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port?: number;
}

/** The port of a url that names none. */
const DEFAULT_PORT = { http: 80, https: 443 } as const;

/** The allowed host that a url of the operator stands for: that scheme, host and port alone. */
export function allowedHost(text: string): AllowedHost {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') {
    const scheme = url.protocol === 'http:' ? 'http' : 'https';
    const port = url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port);
    return { scheme, host: hostOf(url), port };
  }
  const found = `expected a url such as http://127.0.0.1:9000, found "${text}"`;
  throw new Fault(
    'CONFIG_INVALID',
    `${found}; correct it in FERMATA_ALLOWED_HOSTS or --allow-host`,
  );
}

/** The host of a url, an IPv6 address without its brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

/** Cloud metadata that lies in ranges which are otherwise public. */
const METADATA: ReadonlySet<string> = new Set(['100.100.100.200', '192.0.0.192', 'fd00:ec2::254']);
/** All of IPv6 that is public: what lies outside embeds IPv4 addresses or is kept for networks. */
const IPV6_PUBLIC = ipaddr.IPv6.parseCIDR('2000::/3');
/** Kept for measurements inside networks. */
const IPV4_BENCHMARK = ipaddr.IPv4.parseCIDR('198.18.0.0/15');

const resolveHost: Resolve = (host) =>
  new Promise((resolve, reject) => {
    lookupHost(host, { all: true, verbatim: true }, (error, addresses) =>
      error ? reject(error) : resolve(addresses),
    );
  });

/**
 * Says where a call to an agent may connect to. The host is resolved once, every one of its
 * addresses is checked, and the socket is pinned to what was checked, so that a name that
 * answers differently the second time changes nothing.
 */
export class AddressGuard {
  constructor(
    private readonly allowed: readonly AllowedHost[],
    private readonly resolve: Resolve = resolveHost,
  ) {}

  /** The url and its socket's pinned lookup; AGENT_ADDRESS_REFUSED when it may not be called. */
  async check(text: string): Promise<{ readonly url: URL; readonly lookup: LookupFunction }> {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null) throw refused(text, 'no valid url');
    if (url.username !== '' || url.password !== '')
      throw refused(url.host, 'credentials in the url');
    const host = hostOf(url);
    const exempt = this.allowed.some((one) => isSame(one, url, host));
    if (url.protocol !== 'https:' && !exempt) throw refused(text, `scheme ${url.protocol}`);
    const addresses = await this.addressesOf(host);
    if (!exempt) {
      const forbidden = addresses.find(({ address }) => !isPublic(address));
      if (forbidden !== undefined) throw refused(host, `the address ${forbidden.address}`);
    }
    return { url, lookup: pinnedTo(addresses) };
  }

  private async addressesOf(host: string): Promise<readonly LookupAddress[]> {
    if (ipaddr.isValid(host)) {
      return [{ address: host, family: ipaddr.parse(host).kind() === 'ipv6' ? 6 : 4 }];
    }
    try {
      const addresses = await this.resolve(host);
      if (addresses.length > 0) return addresses;
    } catch (cause) {
      const found = `expected an address of ${host}, found none`;
      throw new Fault('AGENT_UNREACHABLE', `${found}; check the name`, true, { cause });
    }
    throw new Fault('AGENT_UNREACHABLE', `expected an address of ${host}, found none`, true);
  }
}

function isSame(one: AllowedHost, url: URL, host: string): boolean {
  const port = url.port === '' ? DEFAULT_PORT[one.scheme] : Number(url.port);
  const samePort = one.port === undefined || one.port === port;
  return `${one.scheme}:` === url.protocol && one.host === host && samePort;
}

/** Whether an address is one of the public internet: everything else is refused by default. */
function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address) || METADATA.has(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast' || METADATA.has(parsed.toString())) return false;
  return parsed.kind() === 'ipv6' ? parsed.match(IPV6_PUBLIC) : !parsed.match(IPV4_BENCHMARK);
}

function pinnedTo(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, options, callback) => {
    const [first] = addresses;
    if (options.all) callback(null, [...addresses]);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
}

function refused(what: string, found: string): Fault {
  const expected =
    'expected an https address of the public internet, or a host the operator allows';
  const remedy = 'allow it in FERMATA_ALLOWED_HOSTS of the agent-runner, or by --allow-host';
  return new Fault('AGENT_ADDRESS_REFUSED', `${expected}, found ${found} in ${what}; ${remedy}`);
}
