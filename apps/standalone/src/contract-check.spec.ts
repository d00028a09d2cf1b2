import { checkAnswer } from './contract-check.fixture';

const answered = (status: number, body: unknown, type = 'application/json') => ({
  status,
  type,
  body,
});

describe('an answer of a route', () => {
  const check = (given: ReturnType<typeof answered>) => () =>
    checkAnswer('POST', '/v1/runs', given);

  it('is the view of its status', () => {
    expect(check(answered(201, { run: 'r1' }))).not.toThrow();
    expect(check(answered(201, { run: 1 }))).toThrow(/expected the view/);
  });

  it('has no field that its view has not', () => {
    expect(check(answered(201, { run: 'r1', more: 1 }))).toThrow(/has fields/);
  });

  it('has a status that the route names', () => {
    expect(check(answered(204, null))).toThrow(/expected an answer of the contract/);
  });

  it('is a problem document when it refuses', () => {
    const refused = { type: 't', title: 't', status: 404, code: 'NOT_FOUND', detail: 'd' };
    const type = 'application/problem+json';
    expect(check(answered(404, refused, type))).not.toThrow();
    expect(check(answered(404, { ...refused, stack: '' }, type))).toThrow(/has fields/);
  });
});
