import { bytesOf } from '../raw-record';
import { messageOfBytes, recordOf } from './wire-record';

const message = { offset: '7', key: Buffer.from('acme/run-1'), value: Buffer.from('{}') };

describe('a record from the wire', () => {
  it('is its texts, when they are all that it was', () => {
    const headers = { ce_id: Buffer.from('ünïcode \uFFFD') };
    expect(recordOf(3, { ...message, headers })).toEqual({
      partition: 3,
      offset: 7,
      key: 'acme/run-1',
      headers: { ce_id: 'ünïcode \uFFFD' },
      value: '{}',
    });
  });

  it('keeps its bytes when a header has no value', () => {
    const wire = { ...message, headers: { ce_id: null, note: [Buffer.from('a'), null] } };
    const record = recordOf(0, wire);
    expect(record.headers).toEqual({ note: 'a' });
    expect(bytesOf(record).headers).toEqual([
      ['ce_id', null],
      ['note', Buffer.from('a')],
      ['note', null],
    ]);
    // kafkajs can't send a header without a value.
    expect(messageOfBytes(bytesOf(record)).headers).toEqual({
      ce_id: [Buffer.alloc(0)],
      note: [Buffer.from('a'), Buffer.alloc(0)],
    });
  });
});
