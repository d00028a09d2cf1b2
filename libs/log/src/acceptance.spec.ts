import { judge, ORIGIN, type Fenced, type Place } from './acceptance';

const place: Place = { offset: 10, epoch: 3, seq: 7 };

describe('the acceptance rule', () => {
  test.each<[string, Fenced, string]>([
    ['accepts a claim of the next epoch', { offset: 11, epoch: 4, seq: null }, 'accept'],
    ['drops a claim of the current epoch', { offset: 11, epoch: 3, seq: null }, 'drop'],
    ['drops a claim of an older epoch', { offset: 11, epoch: 2, seq: null }, 'drop'],
    ['stops at a claim that skips an epoch', { offset: 11, epoch: 5, seq: null }, 'stop'],
    ['accepts the next record of the owner', { offset: 11, epoch: 3, seq: 8 }, 'accept'],
    ['accepts it after a gap in offsets', { offset: 15, epoch: 3, seq: 8 }, 'accept'],
    ['drops a late write of an older owner', { offset: 11, epoch: 2, seq: 8 }, 'drop'],
    ['drops a second copy', { offset: 11, epoch: 3, seq: 7 }, 'drop'],
    ['stops at a missing record', { offset: 11, epoch: 3, seq: 9 }, 'stop'],
    ['stops at an epoch that nobody claimed', { offset: 11, epoch: 4, seq: 8 }, 'stop'],
    ['stops at an offset already folded', { offset: 10, epoch: 3, seq: 8 }, 'stop'],
  ])('%s', (_rule, record, kind) => {
    expect(judge(place, record).kind).toBe(kind);
  });

  it('gives a claim the seq after the last where it lands', () => {
    expect(judge(place, { offset: 12, epoch: 4, seq: null })).toEqual({
      kind: 'accept',
      place: { offset: 12, epoch: 4, seq: 8 },
    });
  });

  it('moves the offset past a dropped record and nothing else', () => {
    expect(judge(place, { offset: 11, epoch: 2, seq: 99 })).toMatchObject({
      place: { offset: 11, epoch: 3, seq: 7 },
      reason: 'stale-owner',
    });
  });

  it('begins with the claim of epoch 1', () => {
    expect(judge(ORIGIN, { offset: 0, epoch: 1, seq: null }).kind).toBe('accept');
    expect(judge(ORIGIN, { offset: 0, epoch: 1, seq: 1 }).kind).toBe('stop');
  });
});
