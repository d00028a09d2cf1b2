import { defineAgent } from '@fermata/sdk';
import type { Application } from './application.ts';
import { instalmentOf, monthsBetween } from './instalment.ts';

interface CreditRecord {
  readonly openAccounts: number;
  readonly totalDebt: number;
  readonly latePayments24Months: number;
  readonly defaults: number;
  readonly inquiries6Months: number;
  readonly oldestAccountYears: number;
}

interface Input {
  readonly application: Application;
  readonly eligible: boolean;
  readonly unmetRules: readonly string[];
  readonly creditRecord: CreditRecord;
}

/** Points of one row of the scorecard, and why. */
interface Factor {
  readonly factor: string;
  readonly points: number;
  readonly reason: string;
}

type Band = 'approve' | 'refer' | 'decline';

const APPROVE_FROM = 70;
const REFER_FROM = 45;
const BASE_RATE_PERCENT = 4.9;
const SHARE_LENT = { approve: 1, refer: 0.85, decline: 0 } as const;

/** Scores an application from 0 to 100 on a scorecard that anyone can add up. */
export const scoreRisk = defineAgent(async (input: Input) => {
  const factors = [
    repayment(input.creditRecord),
    burden(input.application),
    indebtedness(input),
    stability(input.application),
    conduct(input.application),
    history(input.creditRecord),
  ];
  const score = factors.reduce((sum, { points }) => sum + points, 0);
  const band = bandOf(input, score);
  const unmet = input.unmetRules.map((rule) => `Rule not met: ${rule}`);
  return {
    score,
    band,
    reasons: [...unmet, ...factors.map(inWords)],
    recommended: recommend(input.application, score, band),
  };
});

function inWords({ factor, points, reason }: Factor): string {
  return `${factor} ${points}: ${reason}`;
}

function bandOf({ eligible, creditRecord }: Input, score: number): Band {
  if (!eligible || creditRecord.defaults > 0 || score < REFER_FROM) return 'decline';
  return score >= APPROVE_FROM ? 'approve' : 'refer';
}

function repayment({ latePayments24Months: late, defaults }: CreditRecord): Factor {
  const points = defaults > 0 ? 0 : Math.max(0, 25 - 7 * late);
  const reason = `${late} late payments in 24 months, ${defaults} defaults`;
  return { factor: 'Repayment', points, reason };
}

function burden({ loan, income, account }: Application): Factor {
  const instalment = instalmentOf(loan.amount, 8, loan.termMonths);
  const fixed = instalment + account.monthlyRent + account.monthlyInstalments;
  const percent = Math.round((100 * fixed) / income.netMonthly);
  const points = scale(percent, [
    [35, 25],
    [45, 18],
    [55, 12],
    [65, 5],
  ]);
  return { factor: 'Burden', points, reason: `fixed costs take ${percent} % of net pay` };
}

function indebtedness({ application, creditRecord }: Input): Factor {
  const debt = creditRecord.totalDebt + application.loan.amount;
  const years = debt / (12 * application.income.netMonthly);
  const points = scale(years, [
    [0.4, 15],
    [0.6, 12],
    [0.9, 8],
    [1.2, 4],
  ]);
  return { factor: 'Debt', points, reason: `${years.toFixed(2)} years of net pay owed in all` };
}

function stability({ employment, appliedOn }: Application): Factor {
  const months = monthsBetween(employment.employedSince, appliedOn);
  const points = months >= 60 ? 15 : months >= 24 ? 11 : months >= 9 ? 7 : 2;
  return { factor: 'Employment', points, reason: `${months} months with ${employment.employer}` };
}

function conduct({ account }: Application): Factor {
  const overdrawn = account.lowestBalance < -500 ? 4 : account.lowestBalance < 0 ? 2 : 0;
  const points = Math.max(0, 10 - 4 * account.returnedItems - overdrawn);
  const reason = `${account.returnedItems} payments returned, lowest balance EUR ${account.lowestBalance.toFixed(2)}`;
  return { factor: 'Account', points, reason };
}

function history({ oldestAccountYears, inquiries6Months }: CreditRecord): Factor {
  const age = oldestAccountYears >= 8 ? 10 : oldestAccountYears >= 3 ? 7 : 3;
  const points = Math.max(0, age - (inquiries6Months > 2 ? 4 : 0));
  const reason = `oldest account ${oldestAccountYears} years, ${inquiries6Months} inquiries in 6 months`;
  return { factor: 'History', points, reason };
}

/** Points of the first step whose limit a value does not pass; none beyond the last. */
function scale(
  value: number,
  steps: readonly (readonly [limit: number, points: number])[],
): number {
  return steps.find(([limit]) => value <= limit)?.[1] ?? 0;
}

/** Terms that the score allows: a weaker one borrows less, at a higher rate; refused, nothing. */
function recommend({ loan }: Application, score: number, band: Band) {
  const ratePercent = Math.round((BASE_RATE_PERCENT + (100 - score) * 0.06) * 100) / 100;
  const amount = Math.floor((loan.amount * SHARE_LENT[band]) / 500) * 500;
  const monthly = instalmentOf(amount, ratePercent, loan.termMonths);
  return { amount, ratePercent, termMonths: loan.termMonths, monthlyInstalment: monthly };
}
