import { allowedHost, whyNotCallable } from './allowed-host';

describe("an agent's url", () => {
  it.each([
    'https://169.254.169.254/latest',
    'https://0xa9fea9fe/',
    'https://[fd00:ec2::254]/',
    'https://[fd00:0ec2:0::0254]/',
    'https://[fe80::1]/',
    'https://[::ffff:169.254.169.254]/',
    'https://100.100.100.200/',
    'https://METADATA.google.internal/computeMetadata',
    'https://metadata.google.internal./',
  ])('never leads to metadata, though the operator allowed it: %s', (url) => {
    const why = /^expected the address of an agent, found \S+, which is link-local or a cloud's/;
    const allowed = [allowedHost(`*=${new URL(url).origin}`)];
    for (const known of [[], allowed, null]) {
      expect(whyNotCallable(url, known, 'acme')).toMatch(why);
    }
  });

  it('never has credentials, and what is said of them does not repeat them', () => {
    const allowed = [allowedHost('*=https://agents.example')];
    for (const url of ['https://me:secret@agents.example/', 'https://secret@agents.example/']) {
      const why = 'expected a url without credentials, found some before agents.example';
      for (const known of [[], allowed, null]) {
        expect(whyNotCallable(url, known, 'acme')).toBe(`${why}; take them out`);
      }
    }
  });

  it.each(['https://agents.example/', 'https://169.253.1.1/', 'https://google.internal/'])(
    'may lead elsewhere: %s',
    (url) => expect(whyNotCallable(url, [], 'acme')).toBeNull(),
  );

  it('is refused for what nobody allowed only where it is known what is allowed', () => {
    expect(whyNotCallable('http://10.0.0.5/', [], 'acme')).toMatch(/^expected https, or a host/);
    expect(whyNotCallable('http://10.0.0.5/', null, 'acme')).toBeNull();
  });
});
