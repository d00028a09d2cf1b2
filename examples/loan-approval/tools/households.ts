// Five invented people who ask for a loan, and the six months of their accounts before they asked.

export interface Household {
  readonly folder: string;
  readonly applicationId: string;
  readonly fullName: string;
  readonly dateOfBirth: string;
  readonly nationalId: string;
  readonly residentSince: string;
  readonly address: string;
  readonly email: string;
  readonly phone: string;
  readonly iban: string;
  readonly bank: string;
  readonly employer: string;
  readonly employerAddress: string;
  readonly position: string;
  readonly employedSince: string;
  readonly amount: number;
  readonly termMonths: number;
  readonly purpose: string;
  readonly dependants: number;
  readonly earnings: readonly (readonly [string, number])[];
  readonly deductions: readonly (readonly [string, number])[];
  readonly openingBalance: number;
  readonly rent: number;
  readonly loanInstalments: readonly (readonly [string, number])[];
  /** Share of the net salary that goes to the card and the shops. */
  readonly spendingShare: number;
  readonly savings: number;
  /** Months (1 = first of the statement) in which a direct debit came back unpaid. */
  readonly returnedInMonths: readonly number[];
  /** First month of the statement with a salary; later for who has just started a job. */
  readonly paidFromMonth: number;
}

export const APPLIED_ON = '3 Nov 2026';
export const STATEMENT_MONTHS = [
  '2026-05',
  '2026-06',
  '2026-07',
  '2026-08',
  '2026-09',
  '2026-10',
] as const;
export const PAY_PERIOD = 'October 2026';
export const PAY_DAY = 27;

const asha: Household = {
  folder: 'asha-good',
  applicationId: 'LA-2026-0117',
  fullName: 'Asha Raman',
  dateOfBirth: '14 Mar 1988',
  nationalId: '880314-4471',
  residentSince: '1 Sep 2011',
  address: '18 Larch Terrace, 2041 Northgate',
  email: 'asha.raman@example.com',
  phone: '+00 555 0117',
  iban: 'NB00 2041 7788 1203 4401',
  bank: 'Harbour Bank',
  employer: 'Meridian Instruments Ltd',
  employerAddress: '4 Foundry Row, 2044 Northgate',
  position: 'Senior test engineer',
  employedSince: '1 Feb 2017',
  amount: 15_000,
  termMonths: 48,
  purpose: 'Heat pump and insulation',
  dependants: 1,
  earnings: [
    ['Basic salary', 5_150],
    ['Shift allowance', 240],
  ],
  deductions: [
    ['Income tax', 1_078],
    ['Social insurance', 431.2],
    ['Pension plan', 215.6],
  ],
  openingBalance: 6_218.44,
  rent: 1_040,
  loanInstalments: [],
  spendingShare: 0.34,
  savings: 500,
  returnedInMonths: [],
  paidFromMonth: 1,
};

const bruno: Household = {
  folder: 'bruno-good',
  applicationId: 'LA-2026-0118',
  fullName: 'Bruno Castellani',
  dateOfBirth: '2 Jul 1979',
  nationalId: '790702-1190',
  residentSince: '15 May 2004',
  address: '7 Quayside Court, 2010 Northgate',
  email: 'bruno.castellani@example.com',
  phone: '+00 555 0118',
  iban: 'NB00 2010 4410 9920 1876',
  bank: 'Harbour Bank',
  employer: 'Northgate Regional Hospital',
  employerAddress: '1 Infirmary Hill, 2001 Northgate',
  position: 'Ward pharmacist',
  employedSince: '1 Oct 2012',
  amount: 22_500,
  termMonths: 60,
  purpose: 'Car, replacing a leased one',
  dependants: 2,
  earnings: [
    ['Basic salary', 5_860],
    ['On-call allowance', 415],
  ],
  deductions: [
    ['Income tax', 1_317.75],
    ['Social insurance', 502],
    ['Pension plan', 251],
  ],
  openingBalance: 9_402.1,
  rent: 1_180,
  loanInstalments: [['Credifin 4471-A', 182.4]],
  spendingShare: 0.37,
  savings: 450,
  returnedInMonths: [],
  paidFromMonth: 1,
};

const carla: Household = {
  folder: 'carla-borderline',
  applicationId: 'LA-2026-0119',
  fullName: 'Carla Mendez',
  dateOfBirth: '21 Nov 1994',
  nationalId: '941121-3058',
  residentSince: '10 Jan 2022',
  address: '52 Tannery Lane, 2033 Northgate',
  email: 'carla.mendez@example.com',
  phone: '+00 555 0119',
  iban: 'NB00 2033 1055 7341 0029',
  bank: 'Tidewater Savings',
  employer: 'Bellweather Logistics GmbH',
  employerAddress: 'Dock 9, 2060 Northgate',
  position: 'Dispatch planner',
  employedSince: '1 Dec 2025',
  amount: 18_000,
  termMonths: 60,
  purpose: 'Consolidation and a used van',
  dependants: 1,
  earnings: [
    ['Basic salary', 3_720],
    ['Overtime', 186.5],
  ],
  deductions: [
    ['Income tax', 664.1],
    ['Social insurance', 312.5],
    ['Pension plan', 117.2],
  ],
  openingBalance: 1_310.75,
  rent: 790,
  loanInstalments: [
    ['Credifin 9902-C', 318.5],
    ['Autobank 77120', 236],
  ],
  spendingShare: 0.4,
  savings: 0,
  returnedInMonths: [2],
  paidFromMonth: 1,
};

const dmitri: Household = {
  folder: 'dmitri-refused',
  applicationId: 'LA-2026-0120',
  fullName: 'Dmitri Volkov',
  dateOfBirth: '9 Jun 2000',
  nationalId: '000609-7712',
  residentSince: '20 Mar 2024',
  address: '3B Mill Yard, 2052 Northgate',
  email: 'dmitri.volkov@example.com',
  phone: '+00 555 0120',
  iban: 'NB00 2052 6613 0087 4550',
  bank: 'Tidewater Savings',
  employer: 'Corner Kitchen Catering',
  employerAddress: '88 Market Street, 2052 Northgate',
  position: 'Line cook',
  employedSince: '1 Aug 2026',
  amount: 35_000,
  termMonths: 72,
  purpose: 'Motorcycle and travel',
  dependants: 0,
  earnings: [
    ['Basic wage', 2_180],
    ['Tips declared', 95],
  ],
  deductions: [
    ['Income tax', 227.5],
    ['Social insurance', 182],
  ],
  openingBalance: 2_640.2,
  rent: 620,
  loanInstalments: [
    ['Fastcash 20177', 289],
    ['Credifin 1184-D', 241.75],
  ],
  spendingShare: 0.33,
  savings: 0,
  returnedInMonths: [3, 4, 5, 6],
  paidFromMonth: 4,
};

const elena: Household = {
  ...bruno,
  folder: 'elena-broken',
  applicationId: 'LA-2026-0121',
  fullName: 'Elena Petrova',
  dateOfBirth: '30 Jan 1985',
  nationalId: '850130-2296',
  address: '40 Orchard Rise, 2018 Northgate',
  email: 'elena.petrova@example.com',
  phone: '+00 555 0121',
  iban: 'NB00 2018 3320 4411 9073',
  position: 'Radiographer',
  employedSince: '1 Mar 2015',
  amount: 12_000,
  termMonths: 36,
  purpose: 'Bathroom renovation',
  loanInstalments: [],
  openingBalance: 4_075.66,
};

export const HOUSEHOLDS: readonly Household[] = [asha, bruno, carla, dmitri, elena];
