// The lines of an account, and what they say of how a household lives.
import { amountOf, dayOf, type Document } from './document.ts';
import type { Application } from './application.ts';
import type { Row } from './pdf-lines.ts';

interface Line {
  readonly day: string;
  readonly description: string;
  /** Positive when money came in. */
  readonly amount: number;
  readonly balance: number;
}

const COLUMNS = ['Debit', 'Credit', 'Balance'] as const;
const CENT = 0.005;

/** Sums up a statement whose every balance follows from the line before. */
export function readAccount(statement: Document): Application['account'] {
  const lines = linesOf(statement);
  checkBalances(statement, lines);
  const months = new Set(lines.map(({ day }) => day.slice(0, 7))).size;
  const sumOf = (start: string): number =>
    lines
      .filter(({ description }) => description.startsWith(start))
      .reduce((s, l) => s + l.amount, 0);
  const countOf = (start: string): number =>
    lines.filter(({ description }) => description.startsWith(start)).length;
  return {
    months,
    salariesReceived: countOf('Salary '),
    monthlyRent: cents(-sumOf('Standing order rent') / months),
    monthlyInstalments: cents(-sumOf('Loan instalment ') / months),
    returnedItems: countOf('Returned unpaid '),
    lowestBalance: Math.min(...lines.map(({ balance }) => balance)),
    closingBalance: statement.amount('Closing balance'),
  };
}

/** Sheets repeat their column heads; amounts stand flush right below them. */
function linesOf(statement: Document): readonly Line[] {
  let edges: readonly number[] = [];
  const lines: Line[] = [];
  for (const row of statement.rows) {
    if (row.some(({ text }) => text === 'Description')) edges = edgesOf(row);
    else if (edges.length > 0) lines.push(...lineOf(row, edges));
  }
  if (lines.length === 0) statement.disagree('lines', 'at least one payment', 'none');
  return lines;
}

function edgesOf(head: Row): readonly number[] {
  return COLUMNS.map((name) => head.find(({ text }) => text === name)?.right ?? 0);
}

function lineOf(row: Row, edges: readonly number[]): readonly Line[] {
  const day = dayOf(row[0]?.text ?? '');
  const description = row[1]?.text;
  if (day === null || description === undefined) return [];
  const [debit, credit, balance] = edges.map((edge) => {
    const cell = row.find(({ right }, index) => index > 1 && Math.abs(right - edge) < 3);
    return amountOf(cell?.text ?? '') ?? 0;
  });
  return [{ day, description, amount: (credit ?? 0) - (debit ?? 0), balance: balance ?? 0 }];
}

function checkBalances(statement: Document, lines: readonly Line[]): void {
  let balance = statement.amount('Opening balance');
  for (const line of lines) {
    balance += line.amount;
    if (Math.abs(balance - line.balance) > CENT) {
      statement.disagree(`a balance on ${line.day}`, balance.toFixed(2), line.balance.toFixed(2));
    }
  }
  const closing = statement.amount('Closing balance');
  if (Math.abs(closing - balance) > CENT) {
    statement.disagree('a closing balance', balance.toFixed(2), closing.toFixed(2));
  }
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
