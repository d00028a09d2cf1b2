import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from './client';
import { followRun, isHeld, type Screen } from './follow';

const EVENTS = [
  ['RunStarted', {}],
  ['StepSkipped', { step: 'first' }],
  ['GateOpened', { step: 'review', title: 'May it go on?' }],
  ['GateDecided', { step: 'review', decision: 'approve' }],
  ['StepCompleted', { step: 'review', attempt: 0 }],
  ['RunCompleted', { output: 1 }],
] as const;

describe('following a run', () => {
  let server: Server;
  let client: Client;
  let gateStatus: 'open' | 'approved';
  let unknownFor = 0;
  let screen: Screen & { text: string };

  beforeEach(async () => {
    server = createServer((request, response) => {
      if (request.url?.endsWith('/stream')) {
        const known = gateStatus === 'open' ? EVENTS.slice(0, 3) : EVENTS;
        const blocks = known.map(([type, data], index) => {
          const at = new Date(index * 1_000).toISOString();
          return `data: ${JSON.stringify({ sequence: index + 1, type, at, actor: 'user:a', data })}\n\n`;
        });
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(blocks.join(''));
        if (gateStatus !== 'open') response.end();
        return;
      }
      if (unknownFor-- > 0) {
        response.writeHead(404, { 'content-type': 'application/problem+json' });
        response.end(JSON.stringify({ code: 'NOT_FOUND', detail: 'expected a run, found none' }));
        return;
      }
      const gate = { gate: 'run-1/review/gate-1', step: 'review', status: gateStatus };
      const run = { run: 'run-1', workflow: 'flow@1.0.0', steps: [], checkpoints: [] };
      response.end(JSON.stringify({ ...run, status: 'running', gates: [gate] }));
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    client = new Client({ url: `http://127.0.0.1:${port}`, token: 't' });
    screen = {
      isTerminal: false,
      text: '',
      write(text) {
        this.text += text;
      },
    };
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  it('ends at a gate that is open', async () => {
    gateStatus = 'open';
    const run = await followRun(client, 'run-1', screen, { throughGates: false });
    expect(isHeld(run)).toBe(true);
    expect(screen.text).toMatch(/⏸ review +held .*May it go on\?\n$/);
  });

  it('waits for one that is starting and not known yet, and for no other', async () => {
    gateStatus = 'open';
    unknownFor = 1;
    const how = { throughGates: false, isStarting: true };
    expect(isHeld(await followRun(client, 'run-1', screen, how))).toBe(true);
    unknownFor = 1;
    const unknown = followRun(client, 'run-1', screen, { throughGates: false });
    await expect(unknown).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('goes on behind a gate that was decided before', async () => {
    gateStatus = 'approved';
    await followRun(client, 'run-1', screen, { throughGates: false });
    expect(screen.text).toMatch(/● review +completed +2\.0 s\n$/);
  });

  it('draws on a terminal no line that wraps, and no more lines than it has', async () => {
    gateStatus = 'approved';
    const terminal = { ...screen, isTerminal: true, size: () => ({ columns: 20, rows: 3 }) };
    await followRun(client, 'run-1', terminal, { throughGates: false });
    const frames = terminal.text.split(/\u001b\[\d+A\u001b\[0J/);
    expect(frames).toHaveLength(EVENTS.length);
    for (const frame of frames) {
      const lines = frame.trimEnd().split('\n');
      expect(lines.length).toBeLessThan(3);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(20);
    }
  });
});
