import { Services, type Answer } from './standalone.fixture';

const CLASS = '{attemptsMax: 1, backoff: {initial: 1s, factor: 1, max: 1s}, timeout: 1m}';
const PROJECT = {
  'fermata.yaml': 'workflows: [flow.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': `name: plain
version: 1.0.0
classes: {reasoning: ${CLASS}, read: ${CLASS}, effect: ${CLASS}}
`,
  'agents.yaml': `agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities: {echo: {module: ./agents.mjs, export: echo, risk: read}}
`,
  'agents.mjs': 'export const echo = async (input) => input;\n',
  'flow.yaml': `name: flow
version: 1.0.0
policy: plain@1.0.0
steps:
  echo: {capability: echo, input: {text: run.input.text}}
  ask:
    needs: [echo]
    gate: {title: Well?, groups: [underwriters], show: {text: steps.echo.output.text}, due: 1h, onDue: reject}
checkpoints: {c1: [echo]}
`,
};

const LARGE = 'x'.repeat(400_000);
let services: Services;
let run: string;
let gate: string;

/** As many rows as the system would have after long use, as copies of what it wrote itself. */
async function grow(): Promise<void> {
  await services.ask(
    `INSERT INTO runs SELECT tenant, run || '-' || n, status, partition, workflow, version, definition,
       policy, requester, input, output, code, message, started_at + n % 7, ended_at, sequence,
       first_offset, last_offset FROM runs, generate_series(1, 2500) n WHERE run = $1`,
    [run],
  );
  await services.ask(
    `INSERT INTO gates SELECT tenant, run || '-' || n || '/ask/gate-1', run || '-' || n, step,
       status, cause, title, groups, shown, shown_digest, editable, requester, policy,
       opened_at + n % 7, due_at + n % 7, closed_at
     FROM gates, generate_series(1, 500) n WHERE run = $1`,
    [run],
  );
  await services.ask(
    `INSERT INTO audit SELECT partition, 1000000 + n, epoch, seq, tenant, run, 1000 + n, type, actor,
       at, cause, traceparent, policy, CASE WHEN n % 50 = 0 THEN data ELSE '{}' END, prev_hash, hash
     FROM (SELECT * FROM audit WHERE run = $1 AND length(data) > 300000 LIMIT 1) a,
       generate_series(1, 1500) n`,
    [run],
  );
}

beforeAll(async () => {
  services = await Services.start(PROJECT);
  run = await services.run('flow', { text: LARGE });
  gate = await services.gate(run);
  await grow();
}, 60_000);
afterAll(() => services.stop());

interface Page {
  readonly rows: readonly Answer['body'][];
  readonly bytes: number;
}

/** All pages of a list, each with the size of its answer. */
async function pages(path: string, name: string): Promise<Page[]> {
  const found: Page[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const and = path.includes('?') ? '&' : '?';
    const { status, body } = await services.get(
      'approver',
      cursor === '' ? path : `${path}${and}cursor=${cursor}`,
    );
    expect(status).toBe(200);
    found.push({ rows: body[name], bytes: JSON.stringify(body).length });
    cursor = body.next;
  }
  return found;
}
const rowsOf = (found: readonly Page[]) => found.flatMap(({ rows }) => rows);

describe('a list over HTTP', () => {
  it('of runs is given whole, newest first, each once, without what runs were given', async () => {
    const found = await pages('/v1/runs?limit=1000', 'runs');
    const rows = rowsOf(found);
    expect(new Set(rows.map((row) => row.run)).size).toBe(2_501);
    expect(rows).toHaveLength(2_501);
    const times = rows.map((row) => Date.parse(row.startedAt));
    expect(times).toEqual([...times].sort((a, b) => b - a));
    for (const row of [rows[0], rows[2_500]]) {
      expect(row).not.toHaveProperty('input');
      expect(row).not.toHaveProperty('output');
    }
    expect(rows.filter((row) => row.held)).toHaveLength(501);
    for (const { bytes } of found) expect(bytes).toBeLessThan(500_000);
  });

  it.each(['open', 'all'])(
    'of approvals is given whole in state %s, without what they show',
    async (state) => {
      const rows = rowsOf(await pages(`/v1/approvals?state=${state}`, 'approvals'));
      expect(new Set(rows.map((row) => row.gate)).size).toBe(501);
      expect(rows).toHaveLength(501);
      const times = rows.map((row) => Date.parse(state === 'open' ? row.dueAt : row.openedAt));
      expect(times).toEqual([...times].sort((a, b) => (state === 'open' ? a - b : b - a)));
      expect(rows[0]).not.toHaveProperty('shown');
    },
  );

  it.each(['events', 'audit'])(
    'of %s ends by bytes too, and is given whole',
    async (name) => {
      const found = await pages(`/v1/runs/${run}/${name}`, name);
      const rows = rowsOf(found);
      const { body } = await services.get('approver', `/v1/runs/${run}`);
      expect(rows).toHaveLength(body.sequence + 1_500);
      const order = rows.map((row) => row.sequence);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      for (const { bytes } of found) expect(bytes).toBeLessThan(2_000_000);
      expect(found.length).toBeGreaterThan(10);
    },
    30_000,
  );

  it('of the audit trail can be read as one stream of lines', async () => {
    const answer = await fetch(`${services.fermata.url}/v1/runs/${run}/audit/stream`, {
      headers: services.authorization('approver'),
    });
    const lines = (await answer.text()).trimEnd().split('\n');
    const listed = rowsOf(await pages(`/v1/runs/${run}/audit`, 'audit'));
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(lines.map((line) => JSON.parse(line))).toEqual(listed);
  }, 30_000);

  it.each(['steps', 'attempts', 'checkpoints'])('of %s names no values', async (name) => {
    const [page] = await pages(`/v1/runs/${run}/${name}`, name);
    expect(page?.rows.length).toBeGreaterThan(0);
    expect(page?.bytes).toBeLessThan(2_000);
    const one = await pages(`/v1/runs/${run}/${name}?limit=1`, name);
    expect(rowsOf(one)).toEqual(page?.rows);
  });

  it('of workflows is a page too', async () => {
    expect(rowsOf(await pages('/v1/workflows', 'workflows'))).toMatchObject([{ name: 'flow' }]);
  });

  it('of dead letters is given whole', async () => {
    await services.ask(
      `INSERT INTO fermata_dead_letters
       SELECT 'commands', n % 4, 1000 + n, 'JSON_MALFORMED', 'no', ''::bytea
       FROM generate_series(1, 1200) n`,
    );
    const found: string[] = [];
    for (let cursor = ''; ; ) {
      const at = cursor === '' ? '' : `&cursor=${cursor}`;
      const { body } = await services.get('operator', `/v1/dead-letters?limit=500${at}`);
      found.push(...body.deadLetters.map(({ letter }: { letter: string }) => letter));
      if (body.next === null) break;
      cursor = body.next;
    }
    expect(new Set(found).size).toBe(1_200);
    expect(found).toHaveLength(1_200);
  });
});

describe('a view of one thing', () => {
  it('holds its values', async () => {
    const detail = (await services.get('approver', `/v1/runs/${run}`)).body;
    expect(detail.input.text).toBe(LARGE);
    expect(detail.steps[0].output.text).toBe(LARGE);
    expect(detail.attempts[0]).not.toHaveProperty('input');
    const read = async (path: string) => (await services.get('approver', path)).body;
    expect((await read(`/v1/runs/${run}/steps/echo`)).output.text).toBe(LARGE);
    expect((await read(`/v1/runs/${run}/steps/echo/input`)).input.text).toBe(LARGE);
    expect((await read(`/v1/runs/${run}/checkpoints/c1`)).outputs.echo.text).toBe(LARGE);
    expect((await read(`/v1/approvals/${gate}`)).shown.text).toBe(LARGE);
  });

  it('leaves out what would make it too large, says so, and each part has it', async () => {
    await services.ask(
      `INSERT INTO steps SELECT tenant, run, 'echo_' || n, status, attempt, output, started_at + n,
         ended_at FROM steps, generate_series(1, 100) n WHERE run = $1 AND step = 'echo'`,
      [run],
    );
    const { body } = await services.get('approver', `/v1/runs/${run}`);
    const left = body.steps.filter((step: { leftOutBytes?: number }) => step.leftOutBytes);
    expect(left.length).toBeGreaterThan(80);
    expect(left.at(-1)).toMatchObject({ output: null });
    expect(JSON.stringify(body).length).toBeLessThan(6_000_000);
    const path = `/v1/runs/${run}/steps/${left.at(-1).step}`;
    expect((await services.get('approver', path)).body.output.text).toBe(LARGE);
  });
});

describe('the id of a gate in a path', () => {
  it('stands as it is, or with its slashes escaped', async () => {
    for (const id of [gate, encodeURIComponent(gate)]) {
      expect(await services.get('approver', `/v1/approvals/${id}`)).toMatchObject({
        status: 200,
        body: { gate },
      });
    }
    const { body } = await services.post('requester', '/v1/runs', {
      workflow: 'flow',
      input: { text: 'small' },
    });
    const other = await services.gate(body.run);
    const decided = { decision: 'approve' };
    const answer = await services.post('approver', `/v1/approvals/${other}/decision`, decided);
    expect(answer).toMatchObject({ status: 200, body: { gate: other, decision: 'approve' } });
  });
});
