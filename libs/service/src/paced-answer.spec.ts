import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { PacedAnswer } from './paced-answer';

const LARGE = 'x'.repeat(50_000_000);

let close: () => void = () => undefined;
afterEach(() => close());

/** A real answer, to a connection that takes in its beginning and then reads or is stuck. */
async function answerTo(reader: 'reads' | 'is stuck') {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  if (reader === 'is stuck') socket.once('data', () => socket.pause());
  else socket.resume();
  const [, answer] = (await once(server, 'request')) as [unknown, ServerResponse];
  close = () => {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  };
  return { answer, socket };
}

describe('an answer that goes as fast as it is read', () => {
  it('holds a part in memory while nobody reads, and is cut after a while', async () => {
    const { answer } = await answerTo('is stuck');
    let most = 0;
    const write = answer.write.bind(answer);
    answer.write = (bytes: unknown) => {
      const isTaken = write(bytes);
      most = Math.max(most, answer.writableLength);
      return isTaken;
    };
    const paced = new PacedAnswer(answer, 200);
    expect(await paced.write(LARGE)).toBe(false);
    expect(most).toBeLessThan(200_000);
    expect(answer.destroyed).toBe(true);
    expect(paced.isOpen).toBe(false);
    expect(await paced.write('more')).toBe(false);
  });

  it('ends with the connection of who went away', async () => {
    const { answer, socket } = await answerTo('is stuck');
    const written = new PacedAnswer(answer).write(LARGE);
    socket.destroy();
    expect(await written).toBe(false);
  });

  it('gives all of it to who reads on', async () => {
    const { answer, socket } = await answerTo('reads');
    let bytes = 0;
    socket.on('data', (chunk) => (bytes += chunk.length));
    expect(await new PacedAnswer(answer).write(LARGE)).toBe(true);
    expect(bytes).toBeGreaterThan(40_000_000);
  });
});
