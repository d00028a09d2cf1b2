import { AgentError, defineAgent } from '@fermata/sdk';
import { realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Application } from './application.ts';
import { readAccount } from './bank-statement.ts';
import { Document } from './document.ts';

interface Input {
  readonly applicationId: string;
  readonly documents: Readonly<Record<'applicationForm' | 'salarySlip' | 'bankStatement', string>>;
}

/** Reads the three documents of an application, and refuses those that contradict each other. */
export const parseDocuments = defineAgent(async (input: Input): Promise<Application> => {
  const form = await Document.read(await inside(input.documents.applicationForm));
  const slip = await Document.read(await inside(input.documents.salarySlip));
  const statement = await Document.read(await inside(input.documents.bankStatement));
  const id = form.text('Application no.');
  if (id !== input.applicationId) form.disagree('an application', input.applicationId, id);
  mustAgree(form, 'Full name', slip, 'Employee');
  mustAgree(form, 'Full name', statement, 'Account holder');
  mustAgree(form, 'National id', slip, 'National id');
  mustAgree(form, 'Employed since', slip, 'Employed since');
  mustAgree(form, 'Pay out to', statement, 'IBAN');
  return {
    applicationId: id,
    appliedOn: form.day('Application date'),
    applicant: readApplicant(form),
    employment: {
      employer: form.text('Employer'),
      position: form.text('Position'),
      contract: form.text('Contract'),
      employedSince: form.day('Employed since'),
    },
    loan: {
      amount: form.amount('Amount requested'),
      termMonths: form.count('Term'),
      purpose: form.text('Purpose'),
      payOutTo: form.text('Pay out to'),
    },
    income: readIncome(slip),
    account: readAccount(statement),
  };
});

function readApplicant(form: Document): Application['applicant'] {
  return {
    fullName: form.text('Full name'),
    dateOfBirth: form.day('Date of birth'),
    nationalId: form.text('National id'),
    residentSince: form.day('Resident since'),
    address: form.text('Address'),
    email: form.text('Email'),
    dependants: form.count('Dependants'),
  };
}

function readIncome(slip: Document): Application['income'] {
  const gross = slip.amount('Gross pay');
  const net = slip.amount('Net pay');
  const deducted = slip.amount('Total deductions');
  if (Math.abs(gross - deducted - net) > 0.005) {
    slip.disagree('a net pay', (gross - deducted).toFixed(2), net.toFixed(2));
  }
  return { grossMonthly: gross, netMonthly: net };
}

function mustAgree(form: Document, label: string, other: Document, otherLabel: string): void {
  const expected = form.text(label);
  const found = other.text(otherLabel);
  if (found !== expected) other.disagree(`"${otherLabel}"`, `"${expected}"`, `"${found}"`);
}

/**
 * Paths are relative to the folder of applications, and never lead out of it, not by a link either:
 * what lies elsewhere is nobody's application.
 */
async function inside(path: string): Promise<string> {
  const said = process.env['LOAN_APPLICATIONS_DIR'];
  const example = join(import.meta.dirname, '..');
  const root = said ?? join(example, 'applications');
  const found = resolve(said ?? example, path);
  const below = [root, found].map((one) => realpath(one).catch(() => one));
  const [realRoot, real] = await Promise.all(below);
  if (isBelow(root, found) && isBelow(realRoot ?? '', real ?? '')) return found;
  const told = JSON.stringify(path.slice(0, 200));
  const message = `expected a path below the folder of applications, found ${told}; correct it`;
  throw new AgentError('PATH_FORBIDDEN', message, false);
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
