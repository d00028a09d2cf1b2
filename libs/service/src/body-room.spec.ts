import { BodyRoom } from './body-room';

const LIMITS = { bodyBytesHeldMax: 100, bodyBytesHeldPerTenantMax: 60, smallBodyBytesMax: 10 };
const OVERLOADED = expect.objectContaining({ code: 'OVERLOADED', retryable: true }) as Error;

describe('the room for bodies that are being read', () => {
  it('is bounded for a tenant, and another has some of it', () => {
    const room = new BodyRoom(LIMITS);
    const [first, second] = [room.enter('acme'), room.enter('acme')];
    first.grow(60);
    expect(() => second.grow(21)).toThrow(OVERLOADED);
    expect(() => room.enter('bolt').grow(60)).not.toThrow();
  });

  it('is bounded for all tenants, and small bodies need none of it', () => {
    const room = new BodyRoom(LIMITS);
    room.enter('acme').grow(70);
    room.enter('bolt').grow(50);
    const third = room.enter('corp');
    third.grow(10);
    expect(() => third.grow(11)).toThrow(OVERLOADED);
  });

  it('is given back when a body was read, or was not', () => {
    const room = new BodyRoom(LIMITS);
    const body = room.enter('acme');
    for (const size of [10, 30, 70]) body.grow(size);
    body.leave();
    body.leave();
    expect(() => room.enter('acme').grow(70)).not.toThrow();
  });
});
