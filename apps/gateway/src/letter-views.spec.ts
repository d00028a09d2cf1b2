import { tenantOf } from './letter-views';

const letter = (record: { key?: string; headers?: Record<string, string>; value?: string }) => ({
  topic: 'commands' as const,
  partition: 0,
  offset: 0,
  code: 'COMMAND_MALFORMED',
  reason: 'none',
  record: { key: '', headers: {}, value: '', ...record },
});

const event = (tenant: unknown): string => JSON.stringify({ specversion: '1.0', tenant });

describe('a dead letter', () => {
  it.each([
    ['its key', { key: 'acme/run-1' }],
    ['its headers', { headers: { ce_tenant: 'acme' } }],
    ['its event', { value: event('acme') }],
    ['all of them', { key: 'acme/run-1', headers: { ce_tenant: 'acme' }, value: event('other') }],
    ['its key, while the rest can not be read', { key: 'acme/run-1', value: '{' }],
  ])('is of the tenant that %s names', (_, record) => {
    expect(tenantOf(letter(record))).toBe('acme');
  });

  it.each([
    ['that names none', {}],
    ['that names none in its key', { key: 'run-1' }],
    ['whose key and headers name two', { key: 'acme/run-1', headers: { ce_tenant: 'other' } }],
    ['whose key and event name two', { key: 'acme/run-1', value: event('other') }],
    ['whose event names a number', { value: event(7) }],
  ])('%s is no tenant’s', (_, record) => {
    expect(tenantOf(letter(record))).toBeNull();
  });
});
