import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EffectLedger } from '../agents/effect-ledger.ts';
import { readRows } from '../agents/pdf-text.ts';
import { sendOffer } from '../agents/send-offer.ts';
import { contextOf } from './agent-context.fixture';

const OFFER = {
  applicationId: 'LA-2026-0119',
  fullName: 'Carla Mendez',
  address: '52 Tannery Lane, 2033 Northgate',
  email: 'carla.mendez@example.com',
  terms: { amount: 15_000, ratePercent: 8.08, termMonths: 60 },
};

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loan-offers-'));
  process.env['LOAN_OFFERS_DIR'] = folder;
});
afterEach(() => {
  delete process.env['LOAN_OFFERS_DIR'];
  rmSync(folder, { recursive: true, force: true });
});

const filesIn = (name: string) => readdirSync(join(folder, name));

describe('an offer', () => {
  it('is a letter that says what is offered, and an entry in the ledger', async () => {
    const sent = await sendOffer(OFFER, contextOf('a'));
    expect(sent).toEqual({
      offerId: 'OF-2026-0119-aaaaaa',
      letter: 'letters/OF-2026-0119-aaaaaa.pdf',
      sentTo: 'carla.mendez@example.com',
      amount: 15_000,
      ratePercent: 8.08,
      termMonths: 60,
    });
    const entry = readFileSync(join(folder, 'ledger', `${'a'.repeat(64)}.json`), 'utf8');
    expect(JSON.parse(entry)).toEqual(sent);
    const rows = await readRows(join(folder, sent.letter));
    const text = rows.map((row) => row.map((cell) => cell.text).join(' | ')).join('\n');
    for (const line of [
      'Carla Mendez',
      '52 Tannery Lane',
      'Amount | EUR 15,000',
      'Rate | 8.08 % a year, fixed',
      'Term | 60 months',
      'Monthly instalment | EUR 304.72',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('is sent once for a key: the second call gives what the first gave', async () => {
    const first = await sendOffer(OFFER, contextOf('a'));
    const other = { ...OFFER, terms: { ...OFFER.terms, amount: 50_000 } };
    expect(await sendOffer(other, contextOf('a'))).toEqual(first);
    expect(filesIn('ledger')).toHaveLength(1);
    expect(filesIn('letters')).toHaveLength(1);
  });

  it('is sent once for a key when twenty calls come at the same time', async () => {
    const calls = Array.from({ length: 20 }, () => sendOffer(OFFER, contextOf('a')));
    const sent = await Promise.all(calls);
    for (const one of sent) expect(one).toEqual(sent[0]);
    expect(filesIn('ledger')).toEqual([`${'a'.repeat(64)}.json`]);
    expect(filesIn('letters')).toEqual(['OF-2026-0119-aaaaaa.pdf']);
  });

  it('is sent for each key', async () => {
    await Promise.all(['a', 'b', 'c'].map((key) => sendOffer(OFFER, contextOf(key))));
    expect(filesIn('ledger')).toHaveLength(3);
    expect(filesIn('letters')).toHaveLength(3);
  });

  it('is not sent to a name that the letter can not print, and is not tried again', async () => {
    await expect(
      sendOffer({ ...OFFER, fullName: 'Łukasz Nowak' }, contextOf('a')),
    ).rejects.toMatchObject({
      code: 'LETTER_UNPRINTABLE',
      retryable: false,
      message: expect.stringContaining('found "Ł"'),
    });
    expect(readdirSync(folder)).toEqual([]);
    const accented = { ...OFFER, fullName: 'Zoë Müller-Ñuñez' };
    expect(await sendOffer(accented, contextOf('a'))).toMatchObject({ amount: 15_000 });
  });

  it("goes to its owner only: letters and ledger are nobody else's to read", async () => {
    mkdirSync(join(folder, 'letters'), { mode: 0o755 });
    const { letter } = await sendOffer(OFFER, contextOf('a'));
    const modeOf = (path: string) => (statSync(join(folder, path)).mode & 0o777).toString(8);
    const entry = `ledger/${'a'.repeat(64)}.json`;
    expect([letter, entry].map(modeOf)).toEqual(['600', '600']);
    expect(['.', 'letters', 'ledger'].map(modeOf)).toEqual(['700', '700', '700']);
  });

  it.each([
    'LA-../../../../tmp/LA-2026-0119',
    '../x',
    '/etc/LA-2026-0119',
    'LA-2026-0119\0',
    'LA-2026-0119/../x',
    'LA-2026-0119\n',
    `LA-${'9'.repeat(5_000)}-0119`,
    '',
  ])(
    'is not written under a name that is no number of an application: %j',
    async (applicationId) => {
      const call = sendOffer({ ...OFFER, applicationId }, contextOf('a'));
      await expect(call).rejects.toMatchObject({ code: 'APPLICATION_INVALID', retryable: false });
      expect(readdirSync(folder)).toEqual([]);
    },
  );

  it.each(['letters', 'ledger'])('is not written where a link leads: %s', async (name) => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'loan-elsewhere-'));
    symlinkSync(elsewhere, join(folder, name));
    const call = sendOffer(OFFER, contextOf('a'));
    await expect(call).rejects.toMatchObject({ code: 'FOLDER_INVALID', retryable: false });
    expect(readdirSync(elsewhere)).toEqual([]);
    rmSync(elsewhere, { recursive: true });
  });

  it.each([
    ['a name that is wider than the page', { fullName: 'W'.repeat(60) }],
    ['more lines than an address has', { address: 'x, '.repeat(9) }],
    ['a letter that is none', { fullName: 'Carla\0Mendez' }],
  ])('is not sent to %s', async (_, changed) => {
    const call = sendOffer({ ...OFFER, ...changed }, contextOf('a'));
    await expect(call).rejects.toMatchObject({ code: 'LETTER_UNPRINTABLE', retryable: false });
  });

  it('is sent by the next attempt when a crash came between the letter and the entry', async () => {
    const sent = await sendOffer(OFFER, contextOf('a'));
    rmSync(join(folder, 'ledger'), { recursive: true });
    writeFileSync(join(folder, 'letters', '.half-written'), 'x');
    expect(await sendOffer(OFFER, contextOf('a'))).toEqual(sent);
    expect(filesIn('letters').filter((name) => !name.startsWith('.'))).toHaveLength(1);
  });
});

describe('the ledger of effects', () => {
  it('gives the entry that stands to everyone who comes second', async () => {
    const ledger = new EffectLedger<{ by: number }>(join(folder, 'ledger'));
    const entries = Array.from({ length: 20 }, (_, by) => ledger.enter('c'.repeat(64), { by }));
    const stand = await Promise.all(entries);
    expect(new Set(stand.map(({ by }) => by)).size).toBe(1);
    expect(await ledger.find('c'.repeat(64))).toEqual(stand[0]);
    expect(filesIn('ledger')).toEqual([`${'c'.repeat(64)}.json`]);
  });

  it('knows nothing of a key that was never used', async () => {
    expect(await new EffectLedger(join(folder, 'ledger')).find('d'.repeat(64))).toBeNull();
  });

  it.each(['', '../../x', 'A'.repeat(64), 'a'.repeat(63)])('refuses the key %j', async (key) => {
    const ledger = new EffectLedger(join(folder, 'ledger'));
    await expect(ledger.find(key)).rejects.toThrow('expected a SHA-256 in hex');
    await expect(ledger.enter(key, {})).rejects.toThrow('expected a SHA-256 in hex');
  });
});
