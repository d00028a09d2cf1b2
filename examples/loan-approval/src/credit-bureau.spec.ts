import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCreditBureau, type CreditBureau } from './credit-bureau';

let folder: string;
let bureau: CreditBureau;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loan-bureau-'));
  bureau = await startCreditBureau(folder);
});
afterAll(() => {
  bureau.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function ask(body: string, path = '/records', method = 'POST') {
  const request = method === 'POST' ? { method, body } : { method };
  const answer = await fetch(bureau.url + path, request);
  return { status: answer.status, body: await answer.json() };
}

describe('the credit bureau', () => {
  it('answers with the record of a person that it knows', async () => {
    expect(await ask('{"input":{"nationalId":"941121-3058"}}')).toEqual({
      status: 200,
      body: {
        nationalId: '941121-3058',
        openAccounts: 4,
        totalDebt: 11_400,
        latePayments24Months: 1,
        defaults: 0,
        inquiries6Months: 2,
        oldestAccountYears: 4,
      },
    });
  });

  it.each([
    [
      'a person that it does not know',
      '{"input":{"nationalId":"000000-0000"}}',
      404,
      'RECORD_NOT_FOUND',
    ],
    [
      'a name that every object has',
      '{"input":{"nationalId":"toString"}}',
      404,
      'RECORD_NOT_FOUND',
    ],
    ['a question without a person', '{"input":{}}', 400, 'BODY_INVALID'],
    ['a question that is nothing', 'null', 400, 'BODY_INVALID'],
    ['a question that is no JSON', '{', 400, 'BODY_INVALID'],
  ])('refuses %s', async (_, body, status, code) => {
    expect(await ask(body)).toMatchObject({ status, body: { code } });
  });

  it('answers at one address only', async () => {
    expect(await ask('{}', '/other')).toMatchObject({ status: 404, body: { code: 'NOT_FOUND' } });
    expect(await ask('', '/records', 'GET')).toMatchObject({ status: 404 });
  });

  it('takes another port when its own is taken', async () => {
    const second = await startCreditBureau(folder);
    expect(second.port).not.toBe(bureau.port);
    second.stop();
  });
});
