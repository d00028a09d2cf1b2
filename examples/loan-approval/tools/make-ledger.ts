// Six months of an account: what came in, what went out, and the balance after each line.
import { PAY_DAY, STATEMENT_MONTHS, type Household } from './households.ts';

export interface AccountLine {
  readonly date: string;
  readonly description: string;
  readonly debitCents: number;
  readonly creditCents: number;
  readonly balanceCents: number;
}

type Entry = readonly [day: number, description: string, amountCents: number];

const SHOPS = [
  'Greenmarket Northgate',
  'Old Mill Bakery',
  'Petrol Station 24',
  'Corner Pharmacy',
  'Paperlane Books',
  'Cinema Odeon',
  'Hardware Depot',
  'Bistro Alma',
] as const;

const cents = (amount: number): number => Math.round(amount * 100);

export function netPay(household: Household): number {
  const sum = (rows: Household['earnings']) =>
    rows.reduce((total, [, row]) => total + cents(row), 0);
  return (sum(household.earnings) - sum(household.deductions)) / 100;
}

export function accountLines(household: Household): readonly AccountLine[] {
  const chance = seededChance(household.nationalId);
  let balanceCents = cents(household.openingBalance);
  return STATEMENT_MONTHS.flatMap((month, index) => {
    const entries = [...monthEntries(household, index + 1, chance)].sort(([a], [b]) => a - b);
    return entries.map(([day, description, amountCents]) => {
      balanceCents += amountCents;
      return {
        date: `${month}-${String(day).padStart(2, '0')}`,
        description,
        debitCents: Math.max(-amountCents, 0),
        creditCents: Math.max(amountCents, 0),
        balanceCents,
      };
    });
  });
}

function monthEntries(household: Household, month: number, chance: () => number): Entry[] {
  const pay = netPay(household);
  const paid = month >= household.paidFromMonth;
  const spending = cents((paid ? pay : pay / 2) * household.spendingShare);
  const entries: Entry[] = [
    [1, 'Standing order rent', -cents(household.rent)],
    [5, 'Direct debit City Energy', -cents(88 + Math.round(chance() * 40))],
    [8, 'Direct debit Telenord mobile', -cents(29.9)],
    ...household.loanInstalments.map(
      ([lender, amount]): Entry => [15, `Loan instalment ${lender}`, -cents(amount)],
    ),
    ...shopping(spending, chance),
  ];
  if (paid) entries.push([PAY_DAY, `Salary ${household.employer}`, cents(pay)]);
  if (!paid) entries.push([PAY_DAY, 'Transfer from S. Volkov', cents(900)]);
  if (household.savings > 0) {
    entries.push([28, 'Transfer to own savings', -cents(household.savings)]);
  }
  if (household.returnedInMonths.includes(month)) {
    entries.push(
      [20, 'Direct debit Safe Insurance', -cents(64.2)],
      [21, 'Returned unpaid Safe Insurance', cents(64.2)],
      [21, 'Returned item fee', -cents(12)],
    );
  }
  return entries;
}

function shopping(totalCents: number, chance: () => number): Entry[] {
  const days = [3, 6, 10, 13, 17, 22, 25];
  const weights = days.map(() => 0.5 + chance());
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return days.map((day, index): Entry => {
    const shop = SHOPS[Math.floor(chance() * SHOPS.length)] ?? SHOPS[0];
    return [day, `Card ${shop}`, -Math.round((totalCents * (weights[index] ?? 0)) / sum)];
  });
}

/** Numbers from 0 to 1 that depend on the seed alone, so that every run writes the same files. */
function seededChance(seed: string): () => number {
  let state = [...seed].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
