/** Writes small PDF files by hand, so that fonts, turns and defects are as a test wants them. */

/** A text on a page; each letter is as wide as half its size. */
export interface Drawn {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size?: number;
  /** Degrees by which it is turned, anticlockwise. */
  readonly turned?: 0 | 90 | 180 | 270;
}

/** What a page says of itself. */
export interface PageLook {
  readonly rotate?: 0 | 90 | 180 | 270;
  readonly width?: number;
  readonly height?: number;
}

const SIZE = 10;
const ASCII = /^[\x20-\x7e]$/;

/** The letters that the second font has: the first has those of ASCII alone. */
class FallbackFont {
  readonly letters: string[] = [];

  codeOf(letter: string): number {
    const known = this.letters.indexOf(letter);
    return 33 + (known >= 0 ? known : this.letters.push(letter) - 1);
  }

  /** What its codes mean, without which its letters can't be known. */
  unicode(): string {
    const hex = (text: string): string =>
      [...Buffer.from(text, 'utf16le').swap16()].map((byte) => two(byte)).join('');
    const lines = this.letters.map((letter, at) => `<${two(33 + at)}> <${hex(letter)}>`);
    return [
      '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
      '1 begincodespacerange <00> <FF> endcodespacerange',
      `${lines.length} beginbfchar ${lines.join(' ')} endbfchar`,
      'endcmap CMapName currentdict /CMap defineresource pop end end',
    ].join('\n');
  }
}

const two = (byte: number): string => byte.toString(16).padStart(2, '0');

/** A PDF with one page for each list of texts; letters beyond ASCII come from a second font. */
export function pdfOf(
  pages: readonly (readonly Drawn[])[],
  look: PageLook = {},
  { knowsUnicode = true } = {},
): Buffer {
  const { rotate = 0, width = 600, height = 800 } = look;
  const font = new FallbackFont();
  const contents = pages.map((drawn) => drawn.map((one) => drawText(one, font)).join('\n'));
  const widths = `/FirstChar 32 /LastChar 126 /Widths [${'500 '.repeat(95)}]`;
  const firstPage = 6;
  const kids = pages.map((_, at) => `${firstPage + 2 * at} 0 R`).join(' ');
  const fonts = '/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >>';
  const box = `/MediaBox [0 0 ${width} ${height}] /Rotate ${rotate}`;
  return fileOf([
    '<< /Type /Catalog /Pages 2 0 R >>',
    `<< /Type /Pages /Kids [${kids}] /Count ${pages.length} >>`,
    `<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding ${widths} >>`,
    `<< /Type /Font /Subtype /Type1 /BaseFont /Fallback ${widths}
      /FontDescriptor << /Type /FontDescriptor /FontName /Fallback /Flags 4 >>
      ${knowsUnicode ? '/ToUnicode 5 0 R' : ''} >>`,
    streamOf(font.unicode()),
    ...contents.flatMap((content, at) => [
      `<< /Type /Page /Parent 2 0 R ${box} ${fonts} /Contents ${firstPage + 2 * at + 1} 0 R >>`,
      streamOf(content),
    ]),
  ]);
}

function drawText({ text, x, y, size = SIZE, turned = 0 }: Drawn, font: FallbackFont): string {
  const [cos, sin] = { 0: [1, 0], 90: [0, 1], 180: [-1, 0], 270: [0, -1] }[turned] as [
    number,
    number,
  ];
  const runs = text.match(/[\x20-\x7e]+|[^\x20-\x7e]+/gu) ?? [];
  const shown = runs.map((run) => {
    const isAscii = ASCII.test(run[0] ?? '');
    const codes = [...run].map((one) => (isAscii ? (one.codePointAt(0) ?? 32) : font.codeOf(one)));
    return `/${isAscii ? 'F1' : 'F2'} ${size} Tf <${codes.map(two).join('')}> Tj`;
  });
  return `BT ${cos} ${sin} ${-sin} ${cos} ${x} ${y} Tm ${shown.join(' ')} ET`;
}

/** A stream object; its bytes may be packed, once or more often. */
export function streamOf(content: string | Buffer, filters: readonly string[] = []): string {
  const bytes = Buffer.from(content as string, 'latin1');
  const filter = filters.length === 0 ? '' : `/Filter [${filters.join(' ')}]`;
  return `<< /Length ${bytes.length} ${filter} >>\nstream\n${bytes.toString('latin1')}\nendstream`;
}

/** A file of these objects, of which the first is its catalog. */
export function fileOf(objects: readonly string[]): Buffer {
  let file = '%PDF-1.7\n';
  const offsets = objects.map((object, at) => {
    const offset = file.length;
    file += `${at + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = file.length;
  const size = objects.length + 1;
  file += `xref\n0 ${size}\n0000000000 65535 f \n${offsets.join('')}`;
  file += `trailer << /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(file, 'latin1');
}
