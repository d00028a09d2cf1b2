import { hashOfToken, TokenDirectory } from './tokens';

const person = (principal: string, tenant = 'acme') =>
  ({ tenant, principal, groups: [], roles: [] }) satisfies object;
const keysOf = (...people: ReturnType<typeof person>[]) =>
  Object.fromEntries(people.map((one, at) => [hashOfToken(String(at)), one]));

describe('a directory of keys', () => {
  it.each([
    ['case', 'user:asha', 'user:Asha'],
    ['the width of letters', 'user:asha', 'user:ａｓｈａ'],
    ['the form of a letter', 'user:é', 'user:e\u0301'],
  ])('refuses two people of a tenant whose names differ by %s only', (_, one, other) => {
    expect(() => new TokenDirectory(keysOf(person(one), person(other)))).toThrow(
      /differ by more than case, found user:.* and user:/,
    );
  });

  it('knows a person with two keys, and people of other tenants with the same name', () => {
    const keys = keysOf(person('user:asha'), person('user:asha'), person('user:Asha', 'other'));
    expect(new TokenDirectory(keys).identify('Bearer 2')).toMatchObject({ tenant: 'other' });
  });
});
