// A sheet of paper to draw a document on: pages, margins, tables. Kept apart from what is drawn.
import { PDFDocument, StandardFonts, rgb, type PDFFont, type PDFPage } from 'pdf-lib';

export const PAGE = { width: 595, height: 842, margin: 50 } as const;
const INK = rgb(0.13, 0.15, 0.18);
const FAINT = rgb(0.45, 0.48, 0.52);

export interface Colour {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
}

export interface TextStyle {
  readonly size?: number;
  readonly bold?: boolean;
  readonly faint?: boolean;
  /** Where `x` is: the text's left edge (the usual), or its right edge as for numbers. */
  readonly align?: 'left' | 'right';
}

/** Draws from the top of the page downwards; `y` is where the next thing goes. */
export class Paper {
  readonly #document: PDFDocument;
  readonly #plain: PDFFont;
  readonly #bold: PDFFont;
  readonly #colour: Colour;
  #page: PDFPage;
  y: number = PAGE.height - PAGE.margin;

  private constructor(document: PDFDocument, plain: PDFFont, bold: PDFFont, colour: Colour) {
    this.#document = document;
    this.#plain = plain;
    this.#bold = bold;
    this.#colour = colour;
    this.#page = document.addPage([PAGE.width, PAGE.height]);
  }

  /** `writtenOn` is the document's own date, so that the same data gives the same bytes. */
  static async blank(title: string, writtenOn: Date, colour: Colour): Promise<Paper> {
    const document = await PDFDocument.create({ updateMetadata: false });
    document.setTitle(title);
    document.setCreationDate(writtenOn);
    document.setModificationDate(writtenOn);
    const plain = await document.embedFont(StandardFonts.Helvetica);
    const bold = await document.embedFont(StandardFonts.HelveticaBold);
    return new Paper(document, plain, bold, colour);
  }

  text(text: string, x: number, style: TextStyle = {}): void {
    const { size = 9, bold = false, faint = false, align = 'left' } = style;
    const font = bold ? this.#bold : this.#plain;
    const left = align === 'right' ? x - font.widthOfTextAtSize(text, size) : x;
    const color = faint ? FAINT : INK;
    this.#page.drawText(text, { x: left, y: this.y, size, font, color });
  }

  down(points: number): void {
    this.y -= points;
  }

  newPage(): void {
    this.#page = this.#document.addPage([PAGE.width, PAGE.height]);
    this.y = PAGE.height - PAGE.margin;
  }

  letterhead(name: string, subtitle: string, address: string): void {
    const { red, green, blue } = this.#colour;
    const color = rgb(red, green, blue);
    this.#page.drawRectangle({ x: 0, y: PAGE.height - 14, width: PAGE.width, height: 14, color });
    this.text(name, PAGE.margin, { size: 17, bold: true });
    this.text(subtitle, PAGE.width - PAGE.margin, { size: 12, align: 'right' });
    this.down(15);
    this.text(address, PAGE.margin, { size: 8, faint: true });
    this.down(10);
    this.rule();
    this.down(24);
  }

  heading(text: string): void {
    const { red, green, blue } = this.#colour;
    const band = rgb(0.9 + red / 10, 0.9 + green / 10, 0.9 + blue / 10);
    const width = PAGE.width - 2 * PAGE.margin;
    this.#page.drawRectangle({ x: PAGE.margin, y: this.y - 5, width, height: 17, color: band });
    this.text(text, PAGE.margin + 6, { size: 10, bold: true });
    this.down(24);
  }

  rule(): void {
    const thickness = 0.6;
    const start = { x: PAGE.margin, y: this.y };
    const end = { x: PAGE.width - PAGE.margin, y: this.y };
    this.#page.drawLine({ start, end, thickness, color: FAINT });
  }

  /** Two labelled values beside each other, as forms have them. */
  labelled(pairs: readonly (readonly [string, string])[]): void {
    const columns = [PAGE.margin + 6, PAGE.margin + 252] as const;
    pairs.forEach(([label, value], index) => {
      const x = columns[index % 2 === 0 ? 0 : 1];
      this.text(label, x, { size: 8, faint: true });
      this.text(value, x + 100, { size: 9.5 });
      if (index % 2 === 1 || index === pairs.length - 1) this.down(18);
    });
    this.down(8);
  }

  paragraph(lines: readonly string[], style: TextStyle = {}): void {
    for (const line of lines) {
      this.text(line, PAGE.margin + 6, style);
      this.down((style.size ?? 9) + 4);
    }
  }

  async bytes(): Promise<Uint8Array> {
    return await this.#document.save();
  }
}
