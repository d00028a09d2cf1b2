import { Services } from './standalone.fixture';

const POLICY = `
name: plain
version: 1.0.0
classes:
  reasoning: &class {attemptsMax: 2, backoff: {initial: 10ms, factor: 1, max: 10ms}, timeout: 10s}
  read: *class
  effect: *class
`;

const AGENTS = `
agents:
  - name: desk
    version: 1.0.0
    kind: function
    capabilities:
      price:
        module: ./agents.mjs
        export: price
        risk: read
        output: {type: object, required: [amount], properties: {amount: {type: number}}}
      echo: {module: ./agents.mjs, export: echo, risk: read}
      wait: {module: ./agents.mjs, export: wait, risk: read}
`;

const MODULE = `
export const price = async ({ amount }) => ({ amount });
export const echo = async (input) => input;
export const wait = async (_, { signal }) =>
  new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
`;

const ORDER = `
name: order
version: 1.0.0
policy: plain@1.0.0
input: {type: object, required: [amount], properties: {amount: {}}}
steps:
  price: {capability: price, input: {amount: run.input.amount}}
  review:
    needs: [price]
    gate:
      title: Is the price right?
      groups: [underwriters]
      show: {amount: steps.price.output.amount}
      editable: {type: object, required: [amount], properties: {amount: {type: number, maximum: 100}}}
      due: 1h
      onDue: reject
  book: {needs: [review], capability: echo, input: {amount: steps.review.output.data.amount}}
checkpoints: {c1: [price], c2: [book]}
output: {amount: steps.book.output.amount}
`;

const HASTY = `
name: hasty
version: 1.0.0
policy: plain@1.0.0
steps:
  review: {gate: {title: Quick?, groups: [underwriters], show: {}, due: 50ms, onDue: reject}}
`;

const CLIMBING = `
name: climbing
version: 1.0.0
policy: plain@1.0.0
steps:
  review:
    gate:
      title: Who may?
      groups: [gardeners]
      show: {}
      due: 300ms
      onDue: {escalate: {groups: [underwriters], due: 1h, then: reject}}
`;

const LONG = `
name: long
version: 1.0.0
policy: plain@1.0.0
steps:
  wait: {capability: wait, input: {}}
`;

const PROJECT = {
  'fermata.yaml':
    'workflows: [order.yaml, hasty.yaml, climbing.yaml, long.yaml]\npolicies: [policy.yaml]\nagents: [agents.yaml]\n',
  'policy.yaml': POLICY,
  'agents.yaml': AGENTS,
  'agents.mjs': MODULE,
  'order.yaml': ORDER,
  'hasty.yaml': HASTY,
  'climbing.yaml': CLIMBING,
  'long.yaml': LONG,
};

let services: Services;

beforeAll(async () => {
  services = await Services.start(PROJECT);
}, 60_000);
afterAll(() => services.stop());

function problem(status: number, code: string, detail: RegExp) {
  return {
    status,
    type: expect.stringContaining('application/problem+json'),
    body: expect.objectContaining({ status, code, detail: expect.stringMatching(detail) }),
  };
}

describe('a run over HTTP', () => {
  it('starts, holds at its gate, and ends with what its approver decided', async () => {
    const run = await services.run('order', { amount: 7 });
    const gate = await services.gate(run);
    const shown = await services.get('approver', `/v1/approvals/${encodeURIComponent(gate)}`);
    expect(shown.body).toMatchObject({
      title: 'Is the price right?',
      shown: { amount: 7 },
      policy: 'plain@1.0.0',
      requester: 'user:applicant-desk',
      status: 'open',
    });
    expect(
      await services.decide('approver', gate, { decision: 'approve', data: { amount: 9 } }),
    ).toMatchObject({
      status: 200,
    });
    const detail = await services.ended(run);
    expect(detail).toMatchObject({ status: 'completed', output: { amount: 9 } });
    expect(detail.checkpoints.map(({ label }: { label: string }) => label)).toEqual(['c1', 'c2']);
    const replayed = await services.post('requester', `/v1/runs/${run}/replay`, {});
    expect(replayed.body).toMatchObject({ equal: true, differences: [] });
  });

  it('is a new one each time under an empty idempotency key', async () => {
    const body = { workflow: 'order', input: { amount: 1 } };
    const start = () => services.post('requester', '/v1/runs', body, { 'idempotency-key': '' });
    const [first, second] = [await start(), await start()];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body).not.toEqual(second.body);
  });

  it('is one and the same for a repeated idempotency key', async () => {
    const body = { workflow: 'order', input: { amount: 1 } };
    const key = { 'idempotency-key': 'order-1' };
    const first = await services.post('requester', '/v1/runs', body, key);
    const again = await services.post('requester', '/v1/runs', body, key);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toEqual(first.body);
    const other = { ...body, input: { amount: 2 } };
    expect(await services.post('requester', '/v1/runs', other, key)).toEqual(
      problem(409, 'COMMAND_CONFLICT', /expected Idempotency-Key "order-1"/),
    );
  });

  it('tells its events once each, from where a reader was, and ends with the run', async () => {
    const run = await services.run('order', { amount: 3 });
    const gate = await services.gate(run);
    const stream = (last: number) =>
      fetch(`${services.fermata.url}/v1/runs/${run}/events/stream`, {
        headers: { ...services.authorization('requester'), 'last-event-id': String(last) },
      });
    const followed = stream(0).then((answer) => answer.text());
    await services.decide('approver', gate, { decision: 'approve' });
    const ids = (text: string) =>
      [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
    const all = ids(await followed);
    expect(all).toEqual(all.map((_, index) => index + 1));
    expect(ids(await (await stream(4)).text())).toEqual(all.slice(4));
  });

  it('tells who did what, when, under which policy, and seals each row with the one before', async () => {
    const run = await services.run('order', { amount: 5 });
    await services.decide('approver', await services.gate(run), { decision: 'approve' });
    await services.ended(run);
    const { body } = await services.get('requester', `/v1/runs/${run}/audit`);
    const decided = body.audit.find(({ type }: { type: string }) => type === 'GateDecided');
    expect(decided).toMatchObject({ actor: 'user:underwriter', policy: 'plain@1.0.0' });
    for (const row of body.audit) expect(row.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is paused, resumed and cancelled', async () => {
    const run = await services.run('long');
    expect((await services.post('operator', `/v1/runs/${run}/pause`, {})).status).toBe(200);
    expect(await services.post('operator', `/v1/runs/${run}/pause`, {})).toEqual(
      problem(409, 'RUN_PAUSED', /expected run .* to be running/),
    );
    expect((await services.post('operator', `/v1/runs/${run}/resume`, {})).status).toBe(200);
    await services.post('requester', `/v1/runs/${run}/cancel`, { reason: 'no longer wanted' });
    expect(await services.ended(run)).toMatchObject({ status: 'cancelled' });
    expect(await services.post('requester', `/v1/runs/${run}/cancel`, {})).toEqual(
      problem(409, 'RUN_ENDED', /start a new run/),
    );
  });
});

describe('what is refused', () => {
  const start = (body: string | Uint8Array<ArrayBuffer>, headers = {}) =>
    services.send('requester', 'POST', '/v1/runs', body, headers);
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

  it.each([
    ['malformed JSON', '{"workflow": "order",', 400, 'JSON_MALFORMED', /expected/],
    ['JSON of depth 65', `{"workflow":"order","input":${deep(64)}}`, 413, 'JSON_TOO_DEEP', /64/],
    [
      'a __proto__ key',
      '{"workflow":"order","input":{"__proto__":{}}}',
      400,
      'JSON_FORBIDDEN_KEY',
      /__proto__/,
    ],
    [
      'a key twice',
      '{"workflow":"order","workflow":"x","input":{}}',
      400,
      'JSON_MALFORMED',
      /once/,
    ],
    [
      'a number that a double can not hold',
      '{"workflow":"order","input":{"amount":9007199254740993}}',
      400,
      'JSON_NUMBER_INEXACT',
      /found 9007199254740993, at character 38; send it as text/,
    ],
    [
      'a number that is not finite',
      '{"workflow":"order","input":{"amount":1e400}}',
      400,
      'JSON_NUMBER_INEXACT',
      /found 1e400/,
    ],
    [
      'half a character',
      '{"workflow":"order","input":{"amount":"\\ud800"}}',
      400,
      'JSON_MALFORMED',
      /lone surrogate/,
    ],
    ['a byte order mark', '\uFEFF{"workflow":"order","input":{}}', 400, 'JSON_MALFORMED', /mark/],
    [
      'a field too many',
      '{"workflow":"order","input":{},"colour":1}',
      400,
      'COMMAND_MALFORMED',
      /colour/,
    ],
    [
      'an unknown workflow',
      '{"workflow":"ordre","input":{}}',
      404,
      'NOT_FOUND',
      /expected a deployed workflow, found "ordre"/,
    ],
    [
      'input that breaks its contract',
      '{"workflow":"order","input":{}}',
      400,
      'INPUT_INVALID',
      /amount/,
    ],
  ])('%s', async (_, body, status, code, detail) => {
    expect(await start(body)).toEqual(problem(status, code, detail));
  });

  it('a body that is too large', async () => {
    const body = JSON.stringify({ workflow: 'order', input: 'x'.repeat(1_000_000) });
    expect(await start(body)).toEqual(problem(413, 'PAYLOAD_TOO_LARGE', /900000 bytes/));
  });

  it('a body that is no UTF-8, with the place of the byte', async () => {
    const body = Uint8Array.from(Buffer.from('{"workflow":"Mu\xf1oz"}', 'latin1'));
    expect(await start(body)).toEqual(
      problem(400, 'JSON_MALFORMED', /a body in UTF-8, found the byte 0xF1 at byte 15;/),
    );
  });

  it('a body of another type', async () => {
    expect(await start('a=1', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual(
      problem(400, 'COMMAND_MALFORMED', /expected content type application\/json/),
    );
  });

  it('nobody, and who lacks the role', async () => {
    expect(await services.get('nobody', '/v1/runs')).toEqual(
      problem(401, 'TOKEN_INVALID', /bearer/),
    );
    const run = await services.run('long');
    expect(await services.post('requester', `/v1/runs/${run}/pause`, {})).toEqual(
      problem(403, 'PERMISSION_DENIED', /operator/),
    );
    await services.post('requester', `/v1/runs/${run}/cancel`, {});
  });

  it('another tenant, to whom a run and a gate are not there', async () => {
    const run = await services.run('order', { amount: 1 });
    const gate = await services.gate(run);
    const paths = ['', '/events', '/audit', '/steps', '/checkpoints', '/events/stream'];
    for (const path of paths) {
      expect(await services.get('stranger', `/v1/runs/${run}${path}`)).toEqual(
        problem(404, 'NOT_FOUND', /none/),
      );
    }
    expect(await services.get('stranger', `/v1/approvals/${encodeURIComponent(gate)}`)).toEqual(
      problem(404, 'NOT_FOUND', /none/),
    );
    expect(await services.decide('stranger', gate, { decision: 'approve' })).toEqual(
      problem(404, 'NOT_FOUND', /none/),
    );
    expect((await services.get('stranger', '/v1/runs')).body.runs).toEqual([]);
    expect((await services.get('stranger', '/v1/approvals')).body.approvals).toEqual([]);
    await services.post('stranger', `/v1/runs/${run}/cancel`, {});
    expect((await services.get('requester', `/v1/runs/${run}`)).body.status).toBe('running');
  });

  it('an output that breaks its contract, before the next step may see it', async () => {
    const run = await services.run('order', { amount: 'seven' });
    const detail = await services.ended(run);
    expect(detail).toMatchObject({ status: 'failed', problem: { code: 'CONTRACT_VIOLATED' } });
    expect(detail.problem.message).toMatch(/amount.*number/);
    const { body } = await services.get('requester', `/v1/runs/${run}/events`);
    const touched = body.events.filter(
      ({ data }: { data: { step?: string } }) => data.step === 'review',
    );
    expect(touched).toEqual([]);
  });

  it('a cursor that is no number', async () => {
    const run = await services.run('order', { amount: 1 });
    const path = `/v1/runs/${run}/events/stream`;
    expect(
      await services.send('requester', 'GET', path, undefined, { 'last-event-id': 'x' }),
    ).toEqual(problem(400, 'COMMAND_MALFORMED', /Last-Event-ID/));
    expect(await services.get('requester', '/v1/runs?limit=0')).toEqual(
      problem(400, 'COMMAND_MALFORMED', /limit/),
    );
  });
});

describe('a decision', () => {
  const held = async (): Promise<{ run: string; gate: string }> => {
    const run = await services.run('order', { amount: 1 });
    return { run, gate: await services.gate(run) };
  };

  it('of the requester, or of somebody of no group, is refused and the gate stays open', async () => {
    const run = (
      await services.post('operator', '/v1/runs', { workflow: 'order', input: { amount: 1 } })
    ).body.run;
    const gate = await services.gate(run);
    expect(await services.decide('operator', gate, { decision: 'approve' })).toEqual(
      problem(403, 'SELF_APPROVAL', /another member of underwriters/),
    );
    expect(await services.decide('outsider', gate, { decision: 'approve' })).toEqual(
      problem(403, 'NOT_AN_APPROVER', /underwriters/),
    );
    expect(await services.gate(run)).toBe(gate);
  });

  it('with data that breaks the contract is refused and the gate stays open', async () => {
    const { run, gate } = await held();
    expect(
      await services.decide('approver', gate, { decision: 'approve', data: { amount: 101 } }),
    ).toEqual(problem(400, 'DECISION_INVALID', /amount.*100/));
    expect(await services.gate(run)).toBe(gate);
  });

  it('is made once: the same again gives the same answer, another is refused', async () => {
    const { gate } = await held();
    expect((await services.decide('approver', gate, { decision: 'approve' })).status).toBe(200);
    expect((await services.decide('approver', gate, { decision: 'approve' })).status).toBe(200);
    expect(await services.decide('approver', gate, { decision: 'reject' })).toEqual(
      problem(409, 'GATE_CLOSED', /closed/),
    );
  });

  it('that was refused is heard again once the gate asks the group of its maker', async () => {
    const run = await services.run('climbing');
    const gate = await services.gate(run);
    expect(await services.decide('approver', gate, { decision: 'approve' })).toEqual(
      problem(403, 'NOT_AN_APPROVER', /gardeners/),
    );
    await services.runWhen(run, ({ gates }) => gates[0].groups.includes('underwriters'));
    expect((await services.decide('approver', gate, { decision: 'approve' })).status).toBe(200);
    expect(await services.ended(run)).toMatchObject({ status: 'completed' });
  });

  it('to reject ends the run, with its reason', async () => {
    const { run, gate } = await held();
    await services.decide('approver', gate, { decision: 'reject', reason: 'too dear' });
    expect(await services.ended(run)).toMatchObject({
      status: 'rejected',
      problem: { code: 'GATE_REJECTED', message: 'too dear' },
    });
  });

  it('after the due time is refused, and the run is rejected', async () => {
    const run = await services.run('hasty');
    await services.ended(run);
    const detail = (await services.get('requester', `/v1/runs/${run}`)).body;
    expect(detail).toMatchObject({ status: 'rejected', problem: { code: 'GATE_EXPIRED' } });
    expect(
      await services.decide('approver', detail.gates[0].gate, { decision: 'approve' }),
    ).toEqual(problem(409, 'GATE_CLOSED', /closed/));
  });
});

describe('the edge', () => {
  it('describes itself', async () => {
    const { body } = await services.get('nobody', '/openapi.json');
    expect(body.openapi).toMatch(/^3\.1/);
    expect(Object.keys(body.paths)).toEqual(expect.arrayContaining(['/v1/runs', '/v1/approvals']));
  });

  it('deploys a workflow once for a version', async () => {
    const definition = {
      workflow: {
        name: 'small',
        version: '1.0.0',
        policy: 'p@1',
        steps: { a: { capability: 'x' } },
      },
      policy: {
        name: 'p',
        version: '1',
        classes: Object.fromEntries(
          ['reasoning', 'read', 'effect'].map((risk) => [
            risk,
            { attemptsMax: 1, backoff: { initial: '1s', factor: 1, max: '1s' }, timeout: '1s' },
          ]),
        ),
      },
      agents: [
        {
          name: 'n',
          version: '1',
          kind: 'http',
          url: 'https://agents.example.com',
          capabilities: { x: { risk: 'read' } },
        },
      ],
    };
    const put = (body: unknown) =>
      services.send('operator', 'PUT', '/v1/workflows', JSON.stringify(body));
    expect((await put(definition)).status).toBe(200);
    expect((await put(definition)).status).toBe(200);
    const changed = { ...definition, workflow: { ...definition.workflow, timeout: '5m' } };
    expect(await put(changed)).toEqual(problem(409, 'DEFINITION_CONFLICT', /new version/));
    const wrong = {
      ...definition.workflow,
      version: '2',
      steps: { a: { capability: 'x', needs: ['b'] } },
    };
    expect(await put({ ...definition, workflow: wrong })).toEqual(
      problem(400, 'STEP_UNKNOWN', /"b"/),
    );
  });
});
