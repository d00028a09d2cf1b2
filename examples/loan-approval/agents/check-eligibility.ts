import { defineAgent } from '@fermata/sdk';
import type { Application } from './application.ts';
import { instalmentOf, monthsBetween } from './instalment.ts';

/** One rule, as an underwriter would read it out. */
interface Rule {
  readonly id: string;
  readonly requires: string;
  readonly found: (application: Application) => number;
  readonly holds: (found: number, application: Application) => boolean;
  readonly unit: string;
}

/** Rate at which every applicant must be able to pay, whatever rate is offered. */
const STRESS_RATE_PERCENT = 9.5;

const RULES: readonly Rule[] = [
  {
    id: 'age',
    requires: '18 to 70 years, and at most 75 when the loan ends',
    found: (a) => Math.floor(monthsBetween(a.applicant.dateOfBirth, a.appliedOn) / 12),
    holds: (age, a) => age >= 18 && age <= 70 && age + a.loan.termMonths / 12 <= 75,
    unit: 'years',
  },
  {
    id: 'residence',
    requires: 'resident for at least 12 months',
    found: (a) => monthsBetween(a.applicant.residentSince, a.appliedOn),
    holds: (months) => months >= 12,
    unit: 'months',
  },
  {
    id: 'employment',
    requires: 'employed for at least 6 months',
    found: (a) => monthsBetween(a.employment.employedSince, a.appliedOn),
    holds: (months) => months >= 6,
    unit: 'months',
  },
  {
    id: 'income',
    requires: 'net pay of at least EUR 1,500 a month',
    found: (a) => a.income.netMonthly,
    holds: (net) => net >= 1_500,
    unit: 'EUR',
  },
  {
    id: 'salary',
    requires: 'salary received in each of the last 6 months',
    found: (a) => a.account.salariesReceived,
    holds: (salaries) => salaries >= 6,
    unit: 'salaries',
  },
  {
    id: 'amount',
    requires: 'EUR 1,000 to 50,000, and at most 8 times the net pay',
    found: (a) => a.loan.amount,
    holds: (amount, a) => amount >= 1_000 && amount <= 50_000 && amount <= 8 * a.income.netMonthly,
    unit: 'EUR',
  },
  {
    id: 'term',
    requires: '12 to 84 months',
    found: (a) => a.loan.termMonths,
    holds: (months) => months >= 12 && months <= 84,
    unit: 'months',
  },
  {
    id: 'affordability',
    requires: `rent and instalments at most 65 % of net pay, at ${STRESS_RATE_PERCENT} %`,
    found: (a) => Math.round(100 * burdenOf(a)),
    holds: (percent) => percent <= 65,
    unit: '%',
  },
];

/** Share of the net pay that rent, running loans and this loan would take. */
function burdenOf({ loan, income, account }: Application): number {
  const instalment = instalmentOf(loan.amount, STRESS_RATE_PERCENT, loan.termMonths);
  return (instalment + account.monthlyRent + account.monthlyInstalments) / income.netMonthly;
}

/** Applies every rule, so that an applicant hears of all that stand in the way at once. */
export const checkEligibility = defineAgent(async (application: Application) => {
  const checks = RULES.map((rule) => {
    const found = rule.found(application);
    const met = rule.holds(found, application);
    return { rule: rule.id, requires: rule.requires, found: `${found} ${rule.unit}`, met };
  });
  return { eligible: checks.every(({ met }) => met), checks };
});
