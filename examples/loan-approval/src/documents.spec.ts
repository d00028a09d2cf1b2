import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDocuments } from '../agents/parse-documents.ts';
import { readRows } from '../agents/pdf-text.ts';
import { sendOffer } from '../agents/send-offer.ts';
import { drawApplicationForm, drawBankStatement, drawSalarySlip } from '../tools/draw-documents.ts';
import { HOUSEHOLDS, type Household } from '../tools/households.ts';
import { Paper } from '../tools/paper.ts';
import { contextOf } from './agent-context.fixture';
import { pdfOf } from './pdf.fixture';

const DOCUMENTS = {
  applicationForm: 'application-form.pdf',
  salarySlip: 'salary-slip.pdf',
  bankStatement: 'bank-statement.pdf',
};
const asha = householdOf('asha-good');

function householdOf(folder: string): Household {
  const found = HOUSEHOLDS.find((one) => one.folder === folder);
  if (found === undefined) throw new Error(`expected a household ${folder}`);
  return found;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'loan-documents-'));
  cpSync(join(__dirname, '../applications/asha-good'), folder, { recursive: true });
  process.env['LOAN_APPLICATIONS_DIR'] = folder;
});
afterEach(() => {
  delete process.env['LOAN_APPLICATIONS_DIR'];
  rmSync(folder, { recursive: true, force: true });
});

/** Reads Asha's documents, with some of them replaced or found elsewhere. */
async function parse(replaced: Readonly<Record<string, Uint8Array | string>> = {}, paths = {}) {
  for (const [name, content] of Object.entries(replaced))
    writeFileSync(join(folder, name), content);
  const documents = { ...DOCUMENTS, ...paths };
  return parseDocuments({ applicationId: asha.applicationId, documents }, contextOf('a'));
}

interface Payment {
  readonly text: string;
  readonly debit?: string;
  readonly credit?: string;
  readonly balance: string;
}

/** A statement of Asha's account, as its bank would print it, that says what it is told. */
async function statementOf(
  payments: readonly Payment[],
  { opening = '1,000.00', closing = '1,000.00', holder = asha.fullName } = {},
): Promise<Uint8Array> {
  const paper = await Paper.blank('Statement', new Date(0), { red: 0, green: 0, blue: 0 });
  paper.labelled([
    ['Account holder', holder],
    ['IBAN', asha.iban],
    ['Opening balance', `EUR ${opening}`],
    ['Closing balance', `EUR ${closing}`],
  ]);
  const right = { align: 'right' } as const;
  paper.text('Date', 56);
  paper.text('Description', 126);
  paper.text('Debit', 385, right);
  paper.text('Credit', 460, right);
  paper.text('Balance', 539, right);
  for (const { text, debit = '', credit = '', balance } of payments) {
    paper.down(16);
    paper.text('1 May 2026', 56);
    paper.text(text, 126);
    paper.text(debit, 385, right);
    paper.text(credit, 460, right);
    paper.text(balance, 539, right);
  }
  return paper.bytes();
}

describe('the documents of an application', () => {
  it('are read as typed data', async () => {
    expect(await parse()).toEqual({
      applicationId: 'LA-2026-0117',
      appliedOn: '2026-11-03',
      applicant: {
        fullName: 'Asha Raman',
        dateOfBirth: '1988-03-14',
        nationalId: '880314-4471',
        residentSince: '2011-09-01',
        address: '18 Larch Terrace, 2041 Northgate',
        email: 'asha.raman@example.com',
        dependants: 1,
      },
      employment: {
        employer: 'Meridian Instruments Ltd',
        position: 'Senior test engineer',
        contract: 'Permanent',
        employedSince: '2017-02-01',
      },
      loan: {
        amount: 15_000,
        termMonths: 48,
        purpose: 'Heat pump and insulation',
        payOutTo: asha.iban,
      },
      income: { grossMonthly: expect.any(Number), netMonthly: expect.any(Number) },
      account: expect.objectContaining({ months: 6, salariesReceived: 6, returnedItems: 0 }),
    });
  });

  it('have an account whose payments are summed up', async () => {
    const statement = await statementOf(
      [
        { text: 'Standing order rent', debit: '800.00', balance: '200.00' },
        { text: 'Loan instalment Bank', debit: '300.50', balance: '-100.50' },
        { text: 'Returned unpaid Insurance', credit: '64.20', balance: '-36.30' },
        { text: 'Salary Meridian', credit: '3,036.30', balance: '3,000.00' },
      ],
      { closing: '3,000.00' },
    );
    const { account } = await parse({ 'bank-statement.pdf': statement });
    expect(account).toEqual({
      months: 1,
      salariesReceived: 1,
      monthlyRent: 800,
      monthlyInstalments: 300.5,
      returnedItems: 1,
      lowestBalance: -100.5,
      closingBalance: 3_000,
    });
  });
});

describe('a name in letters that one font has not got', () => {
  const carla = {
    ...asha,
    fullName: 'Carla Muñoz García',
    address: '7 Calle Peñón, 2052 Northgate',
  };
  /** The form as a program prints it that takes what its font has not got from another. */
  const form = (fullName: string): Uint8Array => {
    const told: readonly (readonly [string, string])[] = [
      ['Application no.', asha.applicationId],
      ['Application date', '3 Nov 2026'],
      ['Full name', fullName],
      ['Date of birth', asha.dateOfBirth],
      ['National id', asha.nationalId],
      ['Resident since', asha.residentSince],
      ['Address', carla.address],
      ['Dependants', '1'],
      ['Email', asha.email],
      ['Employer', asha.employer],
      ['Employed since', asha.employedSince],
      ['Position', asha.position],
      ['Contract', 'Permanent'],
      ['Amount requested', 'EUR 15,000.00'],
      ['Term', '48 months'],
      ['Purpose', asha.purpose],
      ['Pay out to', asha.iban],
    ];
    const drawn = told.flatMap(([label, text], at) => [
      { text: label, x: 56, y: 760 - 18 * at, size: 8 },
      { text, x: 156, y: 760 - 18 * at, size: 9.5 },
    ]);
    return pdfOf([drawn]);
  };

  it('is the one that stands at the gate and on the letter, whole', async () => {
    const { applicant } = await parse({
      'application-form.pdf': form(carla.fullName),
      'salary-slip.pdf': await drawSalarySlip(carla),
      'bank-statement.pdf': await drawBankStatement(carla),
    });
    expect(applicant).toMatchObject({ fullName: carla.fullName, address: carla.address });
    const { fullName, address, email } = applicant;
    const terms = { amount: 15_000, ratePercent: 5, termMonths: 48 };
    process.env['LOAN_OFFERS_DIR'] = join(folder, 'offers');
    const offer = { applicationId: asha.applicationId, fullName, address, email, terms };
    const { letter } = await sendOffer(offer, contextOf('a'));
    delete process.env['LOAN_OFFERS_DIR'];
    const rows = await readRows(join(folder, 'offers', letter));
    const lines = rows.map((row) => row.map(({ text }) => text).join(' | '));
    expect(lines).toEqual(expect.arrayContaining([fullName, '7 Calle Peñón']));
  });

  it('that is cut is refused, and what is read of it goes nowhere', async () => {
    await expect(parse({ 'application-form.pdf': form('Carla Mu…') })).rejects.toMatchObject({
      code: 'FIELD_UNREADABLE',
      retryable: false,
      message: expect.stringMatching(
        /a whole value beside "Full name".*"Carla Mu…", which is cut off/,
      ),
    });
  });
});

describe('documents that contradict themselves or each other are refused', () => {
  const rent = { text: 'Standing order rent', debit: '400.00', balance: '600.00' };

  it.each([
    [
      'a balance that does not follow from the line before',
      [{ ...rent, balance: '900.00' }],
      { closing: '900.00' },
      /expected a balance on 2026-05-01 of 600\.00 in bank-statement\.pdf, found 900\.00/,
    ],
    [
      'a balance that is wrong by a cent in the middle',
      [
        { ...rent, balance: '600.01' },
        { text: 'Card', debit: '0.01', balance: '600.00' },
      ],
      { closing: '600.00' },
      /of 600\.00 in bank-statement\.pdf, found 600\.01/,
    ],
    [
      'a closing balance that is not the last',
      [rent],
      { closing: '6,000.00' },
      /expected a closing balance of 600\.00 in bank-statement\.pdf, found 6000\.00/,
    ],
    ['a statement without a payment', [], {}, /expected lines of at least one payment/],
    [
      'an account of someone else',
      [rent],
      { closing: '600.00', holder: 'Someone Else' },
      /"Account holder" of "Asha Raman" in bank-statement\.pdf, found "Someone Else"/,
    ],
  ])('%s', async (_, payments, heads, message) => {
    const statement = await statementOf(payments, heads);
    await expect(parse({ 'bank-statement.pdf': statement })).rejects.toMatchObject({
      code: 'DOCUMENTS_DISAGREE',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it.each<[string, string, Promise<Uint8Array>, RegExp]>([
    [
      'a form of another application',
      'application-form.pdf',
      drawApplicationForm({ ...asha, applicationId: 'LA-2026-0999' }),
      /an application of LA-2026-0117 in application-form\.pdf, found LA-2026-0999/,
    ],
    [
      'a pay slip of another person',
      'salary-slip.pdf',
      drawSalarySlip({ ...asha, nationalId: '880314-4472' }),
      /"National id" of "880314-4471" in salary-slip\.pdf, found "880314-4472"/,
    ],
    [
      'a longer employment than the pay slip knows',
      'salary-slip.pdf',
      drawSalarySlip({ ...asha, employedSince: '1 Sep 2026' }),
      /"Employed since" of "1 Feb 2017" in salary-slip\.pdf, found "1 Sep 2026"/,
    ],
    [
      'a loan that goes to another account',
      'application-form.pdf',
      drawApplicationForm({ ...asha, iban: 'NB00 0000 0000 0000 0000' }),
      /"IBAN" of "NB00 0000 0000 0000 0000" in bank-statement\.pdf/,
    ],
  ])('%s', async (_, name, content, message) => {
    await expect(parse({ [name]: await content })).rejects.toMatchObject({
      code: 'DOCUMENTS_DISAGREE',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });
});

describe('a document that can not be used is refused by name', () => {
  it.each([
    ['no PDF at all', 'hello', /expected a PDF document in salary-slip\.pdf, found /],
    ['an empty file', '', /expected a PDF document in salary-slip\.pdf, found /],
    [
      'a file that is too large',
      'x'.repeat(5 * 1024 * 1024 + 1),
      /at most 5242880 bytes.*smaller scan/,
    ],
  ])('%s', async (_, content, message) => {
    await expect(parse({ 'salary-slip.pdf': content })).rejects.toMatchObject({
      code: 'DOCUMENT_UNREADABLE',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it.each([
    ['that is missing', 'gone.pdf'],
    ['that is a folder', 'folder.pdf'],
  ])('one %s', async (_, salarySlip) => {
    mkdirSync(join(folder, 'folder.pdf'));
    await expect(parse({}, { salarySlip })).rejects.toMatchObject({
      code: 'DOCUMENT_UNREADABLE',
      message: `expected a file in ${salarySlip}, found none; send the missing document`,
    });
  });

  it('one whose field is missing, with the field', async () => {
    const form = await Paper.blank('Form', new Date(0), { red: 0, green: 0, blue: 0 });
    form.labelled([['Application no.', asha.applicationId]]);
    await expect(parse({ 'application-form.pdf': await form.bytes() })).rejects.toMatchObject({
      code: 'FIELD_MISSING',
      retryable: false,
      message: expect.stringMatching(/beside "Full name" in application-form\.pdf, found nothing/),
    });
  });

  it('one whose amount is none, with what stands there', async () => {
    const payment = { text: 'Card', debit: '1.00', balance: '999.00' };
    const statement = await statementOf([payment], { opening: 'a lot' });
    await expect(parse({ 'bank-statement.pdf': statement })).rejects.toMatchObject({
      code: 'FIELD_MISSING',
      message: expect.stringMatching(/expected an amount beside "Opening balance".*"EUR a lot"/),
    });
  });
});

describe('a path that leaves the folder of applications', () => {
  it('by a link is refused, of a file or of a folder on the way', async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), 'loan-elsewhere-'));
    cpSync(join(folder, 'salary-slip.pdf'), join(elsewhere, 'slip.pdf'));
    symlinkSync(join(elsewhere, 'slip.pdf'), join(folder, 'link.pdf'));
    symlinkSync(elsewhere, join(folder, 'other'));
    for (const salarySlip of ['link.pdf', 'other/slip.pdf']) {
      const told = { code: 'PATH_FORBIDDEN', retryable: false };
      await expect(parse({}, { salarySlip })).rejects.toMatchObject(told);
    }
    rmSync(elsewhere, { recursive: true });
  });

  it.each([`${'x'.repeat(5_000)}.pdf`, 'salary-slip.pdf\0.pdf', '..slip.pdf'])(
    'or that no file can have is none: %.20s',
    async (salarySlip) => {
      const told = { code: 'DOCUMENT_UNREADABLE', retryable: false };
      await expect(parse({}, { salarySlip })).rejects.toMatchObject(told);
    },
  );

  it.each(['../secret.pdf', 'a/../../secret.pdf', '/etc/passwd', '..'])(
    'is refused before it is opened: %s',
    async (bankStatement) => {
      await expect(parse({}, { bankStatement })).rejects.toMatchObject({
        code: 'PATH_FORBIDDEN',
        retryable: false,
        message: expect.stringContaining(`found "${bankStatement}"`),
      });
    },
  );
});
