import { once } from 'node:events';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LIMITS } from '@fermata/contracts';
import { jsonBody } from './json-body';

let close: () => void = () => undefined;
afterEach(() => close());

/** A client that sends one request after the other over one connection. */
async function clientOfEdge() {
  const server = createServer((incoming, answer) => {
    jsonBody(incoming).then(
      () => answer.end('200'),
      () => answer.writeHead(413).end('413'),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = { 'Content-Type': 'application/json' };
  const send = async (body: string) => {
    const sent = request({ port, host: '127.0.0.1', method: 'POST', agent, headers });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return [answer.statusCode, sent.reusedSocket];
  };
  close = () => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  };
  return send;
}

describe('a body that is larger than it may be', () => {
  it.each([1, 100_000, 3 * LIMITS.commandBytesMax])(
    'is refused, by %d bytes, and leaves the connection to the next request',
    async (more) => {
      const send = await clientOfEdge();
      const large = JSON.stringify('x'.repeat(LIMITS.commandBytesMax + more));
      expect(await send('{}')).toEqual([200, false]);
      expect(await send(large)).toEqual([413, true]);
      expect(await send('{}')).toEqual([200, true]);
    },
  );
});

describe('large bodies one after the other', () => {
  it('give back the room that each took, read or refused', async () => {
    const send = await clientOfEdge();
    const [large, broken] = [JSON.stringify('x'.repeat(880_000)), `"${'x'.repeat(880_000)}`];
    const count = Math.ceil(LIMITS.bodyBytesHeldPerTenantMax / 880_000) + 2;
    for (let at = 0; at < count; at++) {
      expect((await send(at % 2 === 0 ? large : broken))[0]).toBe(at % 2 === 0 ? 200 : 413);
    }
  });
});
