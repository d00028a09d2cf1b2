import { AddressGuard, type Resolve } from './address-guard';
import { allowedHost } from '@fermata/sdk';

const PUBLIC = { address: '93.184.215.14', family: 4 } as const;

const answering =
  (...addresses: readonly string[]): Resolve =>
  async () =>
    addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));

const guard = (resolve: Resolve = answering(PUBLIC.address)) => new AddressGuard([], resolve);

describe('the address of an http agent', () => {
  it('may be an https one of the public internet', async () => {
    const { url } = await guard().check('https://agents.example.com/score', 'acme');
    expect(url.href).toBe('https://agents.example.com/score');
  });

  it.each([
    ['loopback', 'https://127.0.0.1/'],
    ['loopback by another number', 'https://2130706433/'],
    ['loopback in octal', 'https://0177.0.0.1/'],
    ['loopback in hexadecimal', 'https://0x7f.1/'],
    ['loopback in IPv6', 'https://[::1]/'],
    ['loopback mapped into IPv6', 'https://[::ffff:127.0.0.1]/'],
    ['loopback through NAT64', 'https://[64:ff9b::7f00:1]/'],
    ['loopback through 6to4', 'https://[2002:7f00:1::]/'],
    ['loopback in other digits', 'https://127。0。0。1/'],
    ['loopback in an IPv4-compatible address', 'https://[::127.0.0.1]/'],
    ['loopback through a network’s own NAT64', 'https://[64:ff9b:1::7f00:1]/'],
    ['loopback translated into IPv6', 'https://[::ffff:0:127.0.0.1]/'],
    ['any address', 'https://0.0.0.0/'],
    ['any address in IPv6', 'https://[::]/'],
    ['a private network', 'https://10.1.2.3/'],
    ['another private network', 'https://172.16.0.1/'],
    ['a third private network', 'https://192.168.1.1/'],
    ['carrier-grade NAT', 'https://100.64.0.1/'],
    ['link-local, where clouds keep metadata', 'https://169.254.169.254/latest/meta-data/'],
    ['metadata in IPv6', 'https://[fd00:ec2::254]/'],
    ['metadata in a public range', 'https://100.100.100.200/'],
    ['more metadata in a public range', 'https://192.0.0.192/'],
    ['unique local IPv6', 'https://[fc00::1]/'],
    ['link-local IPv6', 'https://[fe80::1]/'],
    ['site-local IPv6', 'https://[fec0::1]/'],
    ['a discarded IPv6 address', 'https://[100::1]/'],
    ['a network for measurements', 'https://198.18.0.1/'],
    ['multicast', 'https://224.0.0.1/'],
    ['plain http', 'http://agents.example.com/'],
    ['a file', 'file:///etc/passwd'],
    ['credentials in the url', 'https://user:secret@agents.example.com/'],
    ['no url', 'agents.example.com'],
  ])('is refused when it is %s', async (_, address) => {
    await expect(guard().check(address, 'acme')).rejects.toMatchObject({
      code: 'AGENT_ADDRESS_REFUSED',
    });
  });

  it('is refused when one of several addresses of its name is private', async () => {
    const name = guard(answering(PUBLIC.address, '10.0.0.5'));
    await expect(name.check('https://agents.example.com/', 'acme')).rejects.toThrow(
      /found an address that is not public in agents\.example\.com; (?!.*10\.0)/,
    );
  });

  it('is pinned: a name that answers otherwise the second time changes nothing', async () => {
    const answers = [[PUBLIC], [{ address: '127.0.0.1', family: 4 }]];
    const { lookup } = await guard(async () => answers.shift() ?? []).check(
      'https://agents.example.com/',
      'acme',
    );
    const pinned = await new Promise((resolve) =>
      lookup('agents.example.com', { all: true }, (_, addresses) => resolve(addresses)),
    );
    expect(pinned).toEqual([PUBLIC]);
  });

  it('is out of reach when its name has no address, which may change', async () => {
    const name = guard(async () => []);
    await expect(name.check('https://nowhere.example.com/', 'acme')).rejects.toMatchObject({
      code: 'AGENT_UNREACHABLE',
      retryable: true,
    });
  });

  it('is allowed by the operator with its scheme, host and port, and with nothing else', async () => {
    const allowed = new AddressGuard([allowedHost('acme=http://127.0.0.1:9000')]);
    await expect(allowed.check('http://127.0.0.1:9000/x', 'acme')).resolves.toBeDefined();
    for (const other of [
      'http://127.0.0.1:9001/',
      'https://127.0.0.1:9000/',
      'http://[::1]:9000/',
    ]) {
      await expect(allowed.check(other, 'acme')).rejects.toMatchObject({
        code: 'AGENT_ADDRESS_REFUSED',
      });
    }
  });

  it.each([
    ['http://127.0.0.1:9000', 'http://127.0.0.1:9000/x', 'http://127.0.0.1/x'],
    ['http://127.0.0.1', 'http://127.0.0.1:80/x', 'http://127.0.0.1:8080/x'],
    ['https://10.0.0.5:443', 'https://10.0.0.5/x', 'https://10.0.0.5:8443/x'],
    ['http://[::1]:9000', 'http://[::1]:9000/x', 'http://[::2]:9000/x'],
    ['http://LocalHost:9000', 'http://localhost:9000/x', 'http://localhost:9001/x'],
  ])('is allowed by the url %s, which names one port', async (text, same, other) => {
    const allowed = new AddressGuard([allowedHost(`acme=${text}`)], answering('127.0.0.1'));
    await expect(allowed.check(same, 'acme')).resolves.toBeDefined();
    await expect(allowed.check(other, 'acme')).rejects.toMatchObject({
      code: 'AGENT_ADDRESS_REFUSED',
    });
  });

  it('is allowed to the tenants that the operator named, and to no other', async () => {
    const host = 'http://127.0.0.1:9000/x';
    const mayCall = async (said: string, tenant: string): Promise<boolean> =>
      new AddressGuard([allowedHost(said)]).check(host, tenant).then(
        () => true,
        () => false,
      );
    expect(await mayCall('acme+bolt=http://127.0.0.1:9000', 'acme')).toBe(true);
    expect(await mayCall('acme+bolt=http://127.0.0.1:9000', 'bolt')).toBe(true);
    expect(await mayCall('acme+bolt=http://127.0.0.1:9000', 'cog')).toBe(false);
    expect(await mayCall('http://127.0.0.1:9000', 'local')).toBe(true);
    expect(await mayCall('http://127.0.0.1:9000', 'acme')).toBe(false);
    expect(await mayCall('*=http://127.0.0.1:9000', 'cog')).toBe(true);
  });

  it.each([
    ['/score', true],
    ['/score/', true],
    ['/score/9?a=/../b', true],
    ['/scores', false],
    ['/', false],
    ['/score/../admin', false],
    ['/score/%2e%2e/admin', false],
    ['/score/..%2fadmin', false],
    ['/score/%252e%252e%252fadmin', false],
    ['/score\\..\\admin', false],
    ['/score/..%5cadmin', false],
  ])('is allowed below the path that the operator named: %s is %s', async (path, isAllowed) => {
    const allowed = new AddressGuard([allowedHost('acme=http://127.0.0.1:9000/score/')]);
    const checked = allowed.check(`http://127.0.0.1:9000${path}`, 'acme');
    if (isAllowed) await expect(checked).resolves.toBeDefined();
    else await expect(checked).rejects.toMatchObject({ code: 'AGENT_ADDRESS_REFUSED' });
  });

  it.each(['127.0.0.1:9000', 'ftp://127.0.0.1/', 'Acme=http://127.0.0.1/', 'http://a/?b', ''])(
    'is not allowed by "%s"',
    (text) => {
      expect(() => allowedHost(text)).toThrow(/expected (a url|tenants) such as/);
    },
  );
});

describe('an address of link-local or metadata', () => {
  it.each([
    ['169.254.169.254'],
    ['169.254.170.2'],
    ['0xa9fea9fe'],
    ['0251.0376.0251.0376'],
    ['2852039166'],
    ['100.100.100.200'],
    ['192.0.0.192'],
    ['168.63.129.16'],
    ['[fe80::1]'],
    ['[fd00:ec2::254]'],
    ['[fd00:0ec2:0:0::0254]'],
    ['[fd20:ce::254]'],
    ['[::ffff:169.254.169.254]'],
    ['[::ffff:a9fe:a9fe]'],
    ['[::169.254.169.254]'],
    ['[::ffff:0:169.254.169.254]'],
    ['[64:ff9b::a9fe:a9fe]'],
    ['[64:ff9b::6464:64c8]'],
    ['[2002:a9fe:a9fe::]'],
  ])('is never called, though the operator allowed it: %s', async (host) => {
    const allowed = new AddressGuard([allowedHost(`*=http://${host}`)]);
    await expect(allowed.check(`http://${host}/latest`, 'acme')).rejects.toThrow(
      /found an address that is never called/,
    );
  });

  it.each([
    ['169.254.169.254'],
    ['fe80::1%eth0'],
    ['fd00:ec2::254'],
    ['::ffff:169.254.169.254'],
    ['64:ff9b:1::a9fe:a9fe'],
  ])('is never called behind an allowed name, whichever answer it is: %s', async (address) => {
    const allowed = [allowedHost('*=http://metadata.internal')];
    const byName = new AddressGuard(allowed, answering('10.0.0.5', address));
    await expect(byName.check('http://metadata.internal/', 'acme')).rejects.toThrow(
      /found an address that is never called/,
    );
    const others = new AddressGuard(allowed, answering('10.0.0.5', 'fd00::7'));
    await expect(others.check('http://metadata.internal/', 'acme')).resolves.toBeDefined();
  });
});
