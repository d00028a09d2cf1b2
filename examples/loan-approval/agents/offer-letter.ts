// The letter that an applicant gets, as a page of PDF.
import { AgentError } from '@fermata/sdk';
import { PDFDocument, rgb, StandardFonts, type PDFFont, type PDFPage } from 'pdf-lib';
import { instalmentOf } from './instalment.ts';

/** What is offered, and to whom. */
export interface Offer {
  readonly offerId: string;
  readonly applicationId: string;
  readonly fullName: string;
  readonly address: string;
  readonly amount: number;
  readonly ratePercent: number;
  readonly termMonths: number;
}

const A4: [number, number] = [595, 842];
const LEFT = 64;
const TEXT_SIZE = 11;
/** The name and an address: more of them would run into what is offered. */
const LINES_MAX = 8;

/** Draws the letter of an offer. */
export async function drawOfferLetter(offer: Offer): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  document.setTitle(`Loan offer ${offer.offerId}`);
  const page = document.addPage(A4);
  const regular = await document.embedFont(StandardFonts.Helvetica);
  const bold = await document.embedFont(StandardFonts.HelveticaBold);
  mustBePrintable([offer.fullName, ...offer.address.split(', ')], regular);
  page.drawRectangle({ x: 0, y: 812, width: A4[0], height: 30, color: rgb(0.08, 0.33, 0.31) });
  write(page, bold, 'Northgate Lending', 764, 18);
  write(page, regular, 'Lending desk, 1 Exchange Square, 2000 Northgate', 748, 9);
  let height = 690;
  for (const line of [offer.fullName, ...offer.address.split(', ')]) {
    write(page, regular, line, height, TEXT_SIZE);
    height -= 15;
  }
  write(page, bold, `Your loan offer ${offer.offerId}`, height - 40, 14);
  const monthly = instalmentOf(offer.amount, offer.ratePercent, offer.termMonths);
  const terms: readonly (readonly [string, string])[] = [
    ['Application', offer.applicationId],
    ['Amount', `EUR ${offer.amount.toLocaleString('en-GB')}`],
    ['Rate', `${offer.ratePercent} % a year, fixed`],
    ['Term', `${offer.termMonths} months`],
    ['Monthly instalment', `EUR ${monthly.toFixed(2)}`],
  ];
  height -= 76;
  for (const [label, value] of terms) {
    write(page, regular, label, height, 11);
    write(page, bold, value, height, 11, LEFT + 160);
    height -= 18;
  }
  write(
    page,
    regular,
    'This offer is open for 30 days. Sign and return it to accept.',
    height - 20,
    11,
  );
  return await document.save();
}

/** The fonts that every PDF reader has know Western letters only, and a page has an edge. */
function mustBePrintable(lines: readonly string[], font: PDFFont): void {
  const known = new Set(font.getCharacterSet());
  const strange = [...lines.join('')].find((one) => !known.has(one.codePointAt(0) ?? 0));
  if (strange !== undefined) {
    throw unprintable(`a name and address in Western letters, found ${JSON.stringify(strange)}`);
  }
  const wide = lines.find((line) => font.widthOfTextAtSize(line, TEXT_SIZE) > A4[0] - 2 * LEFT);
  if (wide === undefined && lines.length <= LINES_MAX) return;
  const found = wide === undefined ? `${lines.length} lines` : `one of ${wide.length} characters`;
  throw unprintable(`a name and address of ${LINES_MAX} lines that fit a page, found ${found}`);
}

function unprintable(expected: string): AgentError {
  const message = `expected ${expected}; write this letter by hand`;
  return new AgentError('LETTER_UNPRINTABLE', message, false);
}

function write(
  page: PDFPage,
  font: PDFFont,
  text: string,
  y: number,
  size: number,
  x = LEFT,
): void {
  page.drawText(text, { x, y, size, font, color: rgb(0.12, 0.12, 0.14) });
}
