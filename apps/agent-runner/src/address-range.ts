import { METADATA_ADDRESSES } from '@fermata/sdk';
import ipaddr from 'ipaddr.js';

/** All of IPv6 that is public: what lies outside embeds IPv4 addresses or is kept for networks. */
const IPV6_PUBLIC = ipaddr.IPv6.parseCIDR('2000::/3');
/** Kept for measurements inside networks. */
const IPV4_BENCHMARK = ipaddr.IPv4.parseCIDR('198.18.0.0/15');

const METADATA: ReadonlySet<string> = new Set(METADATA_ADDRESSES);

const LAST = [12, 13, 14, 15] as const;
/** Ranges of IPv6 that carry an IPv4 address, and the bytes at which it stands. */
const CARRIERS = (
  [
    ['::/96', LAST],
    ['::ffff:0:0/96', LAST],
    ['::ffff:0:0:0/96', LAST],
    ['64:ff9b::/96', LAST],
    ['64:ff9b:1::/48', LAST],
    ['64:ff9b:1::/48', [6, 7, 9, 10]],
    ['2002::/16', [2, 3, 4, 5]],
  ] as const
).map(([range, at]) => ({ range: ipaddr.IPv6.parseCIDR(range), at }));

/** Whether an address is one of the public internet: everything else is refused by default. */
export function isPublic(address: string): boolean {
  if (!ipaddr.isValid(address) || isNeverCalled(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv6' ? parsed.match(IPV6_PUBLIC) : !parsed.match(IPV4_BENCHMARK);
}

/**
 * Whether an address is never called, whatever the operator allowed: link-local and cloud metadata,
 * in every spelling, also carried inside an IPv6 address.
 */
export function isNeverCalled(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  const parsed = ipaddr.parse(address);
  return isMetadata(parsed) || carriedBy(parsed).some(isMetadata);
}

function isMetadata(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  return address.range() === 'linkLocal' || METADATA.has(plain(address));
}

/** Its shortest text, without the zone that a link-local address may have. */
function plain(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  return ipaddr.fromByteArray(address.toByteArray()).toString();
}

function carriedBy(address: ipaddr.IPv4 | ipaddr.IPv6): readonly ipaddr.IPv4[] {
  if (!(address instanceof ipaddr.IPv6)) return [];
  const bytes = address.toByteArray();
  return CARRIERS.filter(({ range }) => address.match(range)).map(
    ({ at }) => new ipaddr.IPv4(at.map((index) => bytes[index] ?? 0)),
  );
}
