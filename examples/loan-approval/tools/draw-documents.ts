// The three documents of an application, drawn as their issuers would print them.
import { APPLIED_ON, PAY_DAY, PAY_PERIOD, STATEMENT_MONTHS, type Household } from './households.ts';
import { accountLines, netPay, type AccountLine } from './make-ledger.ts';
import { PAGE, Paper } from './paper.ts';

const WRITTEN_ON = new Date('2026-11-03T09:00:00Z');
const LINES_PER_PAGE = 36;
const COLUMN = { date: 56, text: 126, debit: 385, credit: 460, balance: 539 } as const;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

const money = (amount: number): string =>
  amount.toLocaleString('en-GB', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

const day = (iso: string): string =>
  `${iso.slice(8)} ${MONTHS[Number(iso.slice(5, 7)) - 1] ?? ''} ${iso.slice(0, 4)}`;

export async function drawApplicationForm(household: Household): Promise<Uint8Array> {
  const colour = { red: 0.08, green: 0.33, blue: 0.31 };
  const paper = await Paper.blank('Personal loan application', WRITTEN_ON, colour);
  const address = 'Lending desk, 1 Exchange Square, 2000 Northgate';
  paper.letterhead('Northgate Lending', 'Personal loan application', address);
  paper.labelled([
    ['Application no.', household.applicationId],
    ['Application date', APPLIED_ON],
  ]);
  paper.heading('1  Applicant');
  paper.labelled([
    ['Full name', household.fullName],
    ['Date of birth', household.dateOfBirth],
    ['National id', household.nationalId],
    ['Resident since', household.residentSince],
    ['Address', household.address],
    ['Dependants', String(household.dependants)],
    ['Email', household.email],
    ['Telephone', household.phone],
  ]);
  paper.heading('2  Employment');
  paper.labelled([
    ['Employer', household.employer],
    ['Employed since', household.employedSince],
    ['Position', household.position],
    ['Contract', 'Permanent'],
  ]);
  paper.heading('3  The loan');
  paper.labelled([
    ['Amount requested', `EUR ${money(household.amount)}`],
    ['Term', `${household.termMonths} months`],
    ['Purpose', household.purpose],
    ['Monthly rent', `EUR ${money(household.rent)}`],
    ['Pay out to', household.iban],
  ]);
  paper.heading('4  Declaration');
  paper.paragraph([
    'I declare that what I state here and in the documents enclosed is complete and true. I agree that',
    'Northgate Lending asks a credit bureau for my record, and that the loan may be decided by rule,',
    'with the right to have such a decision reviewed by a person.',
  ]);
  paper.down(34);
  paper.text(household.fullName, PAGE.margin + 6, { size: 13 });
  paper.text(APPLIED_ON, PAGE.margin + 260, { size: 11 });
  paper.down(6);
  paper.rule();
  paper.down(11);
  paper.text('Signature', PAGE.margin + 6, { size: 7.5, faint: true });
  paper.text('Signed on', PAGE.margin + 260, { size: 7.5, faint: true });
  return await paper.bytes();
}

export async function drawSalarySlip(household: Household): Promise<Uint8Array> {
  const colour = { red: 0.2, green: 0.22, blue: 0.45 };
  const paper = await Paper.blank('Pay slip', WRITTEN_ON, colour);
  paper.letterhead(household.employer, 'Pay slip', household.employerAddress);
  paper.labelled([
    ['Employee', household.fullName],
    ['Pay period', PAY_PERIOD],
    ['Position', household.position],
    ['Pay date', `${PAY_DAY} Oct 2026`],
    ['National id', household.nationalId],
    ['Employed since', household.employedSince],
    ['Paid to', household.iban],
  ]);
  const right = PAGE.width - PAGE.margin - 6;
  const table = (title: string, rows: Household['earnings'], total: string): number => {
    const sum = rows.reduce((cents, [, amount]) => cents + Math.round(amount * 100), 0) / 100;
    paper.heading(title);
    paper.text('EUR', right, { size: 8, faint: true, align: 'right' });
    paper.down(14);
    for (const [label, amount] of rows) {
      paper.text(label, PAGE.margin + 6);
      paper.text(money(amount), right, { align: 'right' });
      paper.down(15);
    }
    paper.down(-8);
    paper.rule();
    paper.down(14);
    paper.text(total, PAGE.margin + 6, { bold: true });
    paper.text(money(sum), right, { bold: true, align: 'right' });
    paper.down(26);
    return sum;
  };
  table('Earnings', household.earnings, 'Gross pay');
  table('Deductions', household.deductions, 'Total deductions');
  paper.rule();
  paper.down(18);
  paper.text('Net pay', PAGE.margin + 6, { size: 12, bold: true });
  paper.text(money(netPay(household)), right, { size: 12, bold: true, align: 'right' });
  paper.down(40);
  paper.paragraph(
    ['Keep this slip: it is proof of your income and of the insurance paid for you.'],
    {
      size: 8,
      faint: true,
    },
  );
  return await paper.bytes();
}

export async function drawBankStatement(household: Household): Promise<Uint8Array> {
  const colour = { red: 0.52, green: 0.2, blue: 0.12 };
  const paper = await Paper.blank('Account statement', WRITTEN_ON, colour);
  const lines = accountLines(household);
  const pages = Math.ceil(lines.length / LINES_PER_PAGE);
  for (let page = 0; page < pages; page += 1) {
    if (page > 0) paper.newPage();
    paper.letterhead(household.bank, 'Account statement', `Sheet ${page + 1} of ${pages}`);
    if (page === 0) statementHead(paper, household, lines);
    tableHead(paper);
    for (const line of lines.slice(page * LINES_PER_PAGE, (page + 1) * LINES_PER_PAGE)) {
      tableLine(paper, line);
    }
  }
  return await paper.bytes();
}

function statementHead(paper: Paper, household: Household, lines: readonly AccountLine[]): void {
  const closing = (lines.at(-1)?.balanceCents ?? 0) / 100;
  const [first] = STATEMENT_MONTHS;
  const last = STATEMENT_MONTHS.at(-1) ?? first;
  paper.labelled([
    ['Account holder', household.fullName],
    ['IBAN', household.iban],
    ['From', day(`${first}-01`)],
    ['To', day(`${last}-31`)],
    ['Opening balance', `EUR ${money(household.openingBalance)}`],
    ['Closing balance', `EUR ${money(closing)}`],
  ]);
}

function tableHead(paper: Paper): void {
  const style = { size: 8.5, bold: true } as const;
  paper.text('Date', COLUMN.date, style);
  paper.text('Description', COLUMN.text, style);
  paper.text('Debit', COLUMN.debit, { ...style, align: 'right' });
  paper.text('Credit', COLUMN.credit, { ...style, align: 'right' });
  paper.text('Balance', COLUMN.balance, { ...style, align: 'right' });
  paper.down(6);
  paper.rule();
  paper.down(13);
}

function tableLine(paper: Paper, line: AccountLine): void {
  const style = { size: 8.5, align: 'right' } as const;
  paper.text(day(line.date), COLUMN.date, { size: 8.5 });
  paper.text(line.description, COLUMN.text, { size: 8.5 });
  if (line.debitCents > 0) paper.text(money(line.debitCents / 100), COLUMN.debit, style);
  if (line.creditCents > 0) paper.text(money(line.creditCents / 100), COLUMN.credit, style);
  paper.text(money(line.balanceCents / 100), COLUMN.balance, style);
  paper.down(15.5);
}
