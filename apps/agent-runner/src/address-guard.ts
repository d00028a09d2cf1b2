import { lookup as lookupHost, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Fault } from '@fermata/contracts';
import ipaddr from 'ipaddr.js';
import { isNeverCalled, isPublic } from './address-range';
import { hostOf, isAllowed, type AllowedHost } from '@fermata/sdk';

/** A url that may be called, and the lookup that pins its socket to what was checked. */
export interface CheckedAddress {
  readonly url: URL;
  readonly lookup: LookupFunction;
}

/** Finds the addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const resolveHost: Resolve = (host) =>
  new Promise((resolve, reject) => {
    lookupHost(host, { all: true, order: 'verbatim' }, (error, addresses) =>
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
  async check(text: string, tenant: string): Promise<CheckedAddress> {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null) throw refused('an agent', 'no valid url');
    if (url.username !== '' || url.password !== '')
      throw refused(url.host, 'credentials in the url');
    const exempt = this.allowed.some((one) => isAllowed(one, url, tenant));
    if (url.protocol !== 'https:' && !exempt) throw refused(url.host, `scheme ${url.protocol}`);
    const host = hostOf(url);
    const addresses = await this.addressesOf(host);
    // Which address it was is not told: names of our networks are no business of an author's.
    if (addresses.some(({ address }) => isNeverCalled(address))) {
      throw refused(host, 'an address that is never called');
    }
    if (!exempt && addresses.some(({ address }) => !isPublic(address))) {
      throw refused(host, 'an address that is not public');
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
