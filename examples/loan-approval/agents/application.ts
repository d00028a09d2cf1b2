/** What the documents of a loan application say, as typed data. Amounts are EUR, dates ISO 8601. */
export interface Application {
  readonly applicationId: string;
  readonly appliedOn: string;
  readonly applicant: {
    readonly fullName: string;
    readonly dateOfBirth: string;
    readonly nationalId: string;
    readonly residentSince: string;
    readonly address: string;
    readonly email: string;
    readonly dependants: number;
  };
  readonly employment: {
    readonly employer: string;
    readonly position: string;
    readonly contract: string;
    readonly employedSince: string;
  };
  readonly loan: {
    readonly amount: number;
    readonly termMonths: number;
    readonly purpose: string;
    readonly payOutTo: string;
  };
  readonly income: { readonly grossMonthly: number; readonly netMonthly: number };
  readonly account: {
    readonly months: number;
    readonly salariesReceived: number;
    readonly monthlyRent: number;
    readonly monthlyInstalments: number;
    readonly returnedItems: number;
    readonly lowestBalance: number;
    readonly closingBalance: number;
  };
}
