import { BlockList, isIP } from 'node:net';

/**
 * Where clouds tell a machine who it is, and give it keys. Beside the link-local ranges, where most
 * have it: AWS over IPv6, Alibaba, Oracle, Google over IPv6, and Azure's host.
 */
export const METADATA_ADDRESSES = [
  'fd00:ec2::254',
  'fd20:ce::254',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
] as const;

/** Names that lead there on every machine of a cloud. */
const METADATA_NAMES: ReadonlySet<string> = new Set(['metadata.google.internal']);

const METADATA = new BlockList();
METADATA.addSubnet('169.254.0.0', 16, 'ipv4');
METADATA.addSubnet('fe80::', 10, 'ipv6');
for (const address of METADATA_ADDRESSES) METADATA.addAddress(address, familyOf(address));

/**
 * Why no runner calls a url, whatever the operator allows: as far as its text tells. A runner also
 * looks at what its name leads to, and at addresses that carry another inside.
 */
export function whyNeverCalled(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.username !== '' || url.password !== '') {
    return `expected a url without credentials, found some before ${host}; take them out`;
  }
  const isName = METADATA_NAMES.has(host.replace(/\.$/, ''));
  const isMetadata = isName || (isIP(host) !== 0 && METADATA.check(host, familyOf(host)));
  if (!isMetadata) return null;
  const expected = `expected the address of an agent, found ${host}, which is link-local or a`;
  return `${expected} cloud's metadata service; give another: it is never called`;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}
