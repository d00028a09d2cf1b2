import { listenForStop, portOf } from './command-line';

describe('the command line of a program that runs all services', () => {
  afterEach(() => {
    jest.useRealTimers();
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
  });

  it.each(['', ' ', 'abc', '-1', '65536', '1.5'])('refuses %j as a port', (text) => {
    expect(() => portOf(text)).toThrow(
      /expected a port from 0 to 65535, found ".*"; correct --port/,
    );
  });

  it.each([
    ['0', 0],
    ['65535', 65_535],
  ])('takes %s as a port', (text, port) => {
    expect(portOf(text)).toBe(port);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('takes %s as the request to stop', async (signal) => {
    const request = listenForStop();
    expect(request.isMade).toBe(false);
    process.emit(signal);
    await request.made;
    expect(request.isMade).toBe(true);
  });

  it('ends at once at a second signal, but not at the first one told twice', () => {
    jest.useFakeTimers();
    const exits: number[] = [];
    listenForStop((code) => exits.push(code));
    process.emit('SIGINT');
    process.emit('SIGINT');
    expect(exits).toEqual([]);
    jest.advanceTimersByTime(1_000);
    process.emit('SIGINT');
    expect(exits).toEqual([130]);
  });
});
