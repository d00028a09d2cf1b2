import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { leaveNote } from './claim';

describe('the note that tells where the services are', () => {
  it('is for its owner alone, whatever stood there before', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fermata-note-'));
    const path = join(folder, 'connection.json');
    writeFileSync(path, '{}');
    chmodSync(path, 0o644);
    leaveNote(folder, 'http://127.0.0.1:1', { requester: 'a', approver: 'b', operator: 'c' });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    rmSync(folder, { recursive: true });
  });
});
