/** Monthly instalment of an annuity loan, in EUR to the cent. */
export function instalmentOf(amount: number, ratePercent: number, termMonths: number): number {
  const rate = ratePercent / 1200;
  const exact =
    rate === 0 ? amount / termMonths : (amount * rate) / (1 - (1 + rate) ** -termMonths);
  return Math.round(exact * 100) / 100;
}

/** Whole months from one ISO day to a later one. */
export function monthsBetween(from: string, to: string): number {
  const [year = 0, month = 0, day = 0] = from.split('-').map(Number);
  const [toYear = 0, toMonth = 0, toDay = 0] = to.split('-').map(Number);
  return (toYear - year) * 12 + toMonth - month - (toDay < day ? 1 : 0);
}
