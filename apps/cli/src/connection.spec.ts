import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findConnection } from './connection';

describe('the connection of a command', () => {
  const url = 'http://127.0.0.1:9000';
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fermata-cli-'));
    mkdirSync(join(folder, '.fermata'));
    const tokens = { requester: 'req', approver: 'app', operator: 'ope' };
    writeFileSync(join(folder, '.fermata/connection.json'), JSON.stringify({ url, tokens }));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('takes the key of its hand from the note of the services', () => {
    expect(findConnection('approver', {}, folder)).toMatchObject({ url, token: 'app' });
    const found = findConnection('approver', { FERMATA_URL: url }, folder);
    expect(found).toMatchObject({ url, token: 'app' });
  });

  it('tells no key of these services to another address', () => {
    const env = { FERMATA_URL: 'http://elsewhere.example' };
    expect(() => findConnection('approver', env, folder)).toThrow(
      'expected a key for http://elsewhere.example in FERMATA_TOKEN, found none',
    );
  });
});
