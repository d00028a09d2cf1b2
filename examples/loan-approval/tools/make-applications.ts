// Writes applications/<name>: three PDF files and the input of a run, the same bytes every time.
//   node tools/make-applications.ts
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { drawApplicationForm, drawBankStatement, drawSalarySlip } from './draw-documents.ts';
import { HOUSEHOLDS, type Household } from './households.ts';

const applications = join(import.meta.dirname, '..', 'applications');

async function makeApplication(household: Household): Promise<void> {
  const folder = join(applications, household.folder);
  const slip = await drawSalarySlip(household);
  // Elena's upload broke off half-way: her pay slip ends before the table of its contents.
  const isBroken = household.folder === 'elena-broken';
  const slipAsSent = isBroken ? slip.subarray(0, Math.floor(slip.length * 0.45)) : slip;
  const file = (name: string) => `applications/${household.folder}/${name}.pdf`;
  const input = {
    applicationId: household.applicationId,
    documents: {
      applicationForm: file('application-form'),
      salarySlip: file('salary-slip'),
      bankStatement: file('bank-statement'),
    },
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'application-form.pdf'), await drawApplicationForm(household));
  await writeFile(join(folder, 'salary-slip.pdf'), slipAsSent);
  await writeFile(join(folder, 'bank-statement.pdf'), await drawBankStatement(household));
  await writeFile(join(folder, 'application.json'), `${JSON.stringify(input, null, 2)}\n`);
}

for (const household of HOUSEHOLDS) await makeApplication(household);
