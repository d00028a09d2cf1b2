import { createClient, pathTo, requestOf, type HttpRequest } from './client';

describe('a request that a call makes', () => {
  it('has its parameters in the path, each as one part of it', () => {
    expect(pathTo('readStep', { run: 'a/b', step: 'x y' })).toBe('/v1/runs/a%2Fb/steps/x%20y');
    expect(() => pathTo('readRun')).toThrow(/expected a value for run/);
  });

  it('has the parts of the query that were said, and no others', () => {
    const query = { limit: 3, cursor: undefined, status: 'running' };
    expect(requestOf('listRuns', { query }).path).toBe('/v1/runs?limit=3&status=running');
    expect(requestOf('listRuns', {}).path).toBe('/v1/runs');
  });

  it('has a body in JSON only where something is said', () => {
    const headers = { 'Idempotency-Key': 'k' };
    expect(requestOf('cancelRun', { path: { run: 'r' }, body: {}, headers })).toMatchObject({
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(requestOf('replayRun', { path: { run: 'r' } })).not.toHaveProperty('body');
  });
});

describe('a client', () => {
  it('asks for page after page until there is no next one', async () => {
    const asked: HttpRequest[] = [];
    const client = createClient(async (request) => {
      asked.push(request);
      return { events: [], next: asked.length < 3 ? `c${asked.length}` : null };
    });
    const pages = [];
    for await (const page of client.pages('listEvents', { path: { run: 'r' } })) pages.push(page);
    expect(pages).toHaveLength(3);
    const queries = asked.map(({ path }) => path.split('?')[1]);
    expect(queries).toEqual([undefined, 'cursor=c1', 'cursor=c2']);
  });

  it('takes a missing next page for the end, as null', async () => {
    const asked: HttpRequest[] = [];
    const client = createClient(async (request) => {
      asked.push(request);
      if (asked.length > 2) throw new Error('expected no third page to be asked for');
      return asked.length === 1 ? { events: [], next: 'c1' } : { events: [] };
    });
    for await (const page of client.pages('listEvents', { path: { run: 'r' } })) void page;
    expect(asked).toHaveLength(2);
  });

  it("begins a list at the caller's own cursor, and keeps the rest of the query", async () => {
    const asked: HttpRequest[] = [];
    const client = createClient(async (request) => {
      asked.push(request);
      return { runs: [], next: asked.length < 2 ? 'c8' : null };
    });
    const query = { limit: 3, cursor: 'c7' };
    for await (const page of client.pages('listRuns', { query })) void page;
    const queries = asked.map(({ path }) => path.split('?')[1]);
    expect(queries).toEqual(['limit=3&cursor=c7', 'limit=3&cursor=c8']);
  });
});
