import { AgentError, defineAgent } from '@fermata/sdk';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Application } from './application.ts';
import { readAccount } from './bank-statement.ts';
import { Document } from './document.ts';

interface Input {
  readonly applicationId: string;
  readonly documents: Readonly<Record<'applicationForm' | 'salarySlip' | 'bankStatement', string>>;
}

/** Reads the three documents of an application, and refuses those that contradict each other. */
export const parseDocuments = defineAgent(async (input: Input): Promise<Application> => {
  const form = await Document.read(inside(input.documents.applicationForm));
  const slip = await Document.read(inside(input.documents.salarySlip));
  const statement = await Document.read(inside(input.documents.bankStatement));
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

/** Paths are relative to the folder of applications, and never lead out of it. */
function inside(path: string): string {
  const root = process.env['LOAN_APPLICATIONS_DIR'] ?? join(import.meta.dirname, '..');
  const found = resolve(root, path);
  const way = relative(root, found);
  if (!way.startsWith('..') && !isAbsolute(way)) return found;
  const message = `expected a path below the folder of applications, found "${path}"; correct it`;
  throw new AgentError('PATH_FORBIDDEN', message, false);
}
