import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { constants, deflateRawSync } from 'node:zlib';
import { Document } from '../agents/document.ts';
import { readRows } from '../agents/pdf-text.ts';
import { fileOf, pdfOf, streamOf, type Drawn } from './pdf.fixture';

const MEBIBYTE = 1024 * 1024;

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'loan-pdf-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function placed(bytes: Uint8Array): string {
  const path = join(folder, 'document.pdf');
  writeFileSync(path, bytes);
  return path;
}

async function textsIn(bytes: Uint8Array): Promise<readonly (readonly string[])[]> {
  return (await readRows(placed(bytes))).map((row) => row.map(({ text }) => text));
}

/** What is read beside a label, of a page on which other things stand too. */
async function valueOf(text: string, more: readonly Drawn[] = [], options = {}): Promise<string> {
  const page: Drawn[] = [
    { text: 'Full name', x: 50, y: 700, size: 8 },
    { text, x: 150, y: 700 },
    ...more,
  ];
  const document = await Document.read(placed(pdfOf([page], {}, options)));
  return document.text('Full name');
}

describe('what stands on one line', () => {
  it.each([
    ['letters of a second font', 'Carla Muñoz García', 'Carla Muñoz García'],
    ['accents that follow their letters', 'Carla Mun\u0303oz Garci\u0301a', 'Carla Muñoz García'],
    ['ligatures', 'Soﬁa Oﬄey', 'Sofia Offley'],
    ['letters beyond the first plane', 'Kana 𠮷野 Ito', 'Kana 𠮷野 Ito'],
    // Drawn from left to right as it is seen, which is the reverse of how it is read.
    ['a name that is read from right to left', 'יול הרש', 'שרה לוי'],
    ['letters in the form of their place', 'ﺓﺭﺎﺳ', 'سارة'],
  ])('is read whole: %s', async (_, drawn, read) => {
    expect(await valueOf(drawn)).toBe(read);
  });

  it('is one cell for each column', async () => {
    const row = ['Ana Muñoz', 'Zoë', '1,200.00'].map((text, at) => ({
      text,
      x: 50 + 150 * at,
      y: 9,
    }));
    expect(await textsIn(pdfOf([row]))).toEqual([['Ana Muñoz', 'Zoë', '1,200.00']]);
  });

  it('is what differs by less than a letter in height', async () => {
    const row = [
      { text: 'Ana Mu', x: 50, y: 700.4 },
      { text: 'ñoz', x: 80, y: 700.6 },
      { text: 'next', x: 50, y: 690 },
    ];
    expect(await textsIn(pdfOf([row]))).toEqual([['Ana Muñoz'], ['next']]);
  });
});

describe('a page that is turned', () => {
  const upright = [
    { text: 'Full name', x: 50, y: 700 },
    { text: 'Zoë Müller', x: 150, y: 700 },
    { text: 'Term', x: 50, y: 650 },
  ];
  /** Where a text of an upright page of 600 by 800 stands on the page before it is turned. */
  const before = {
    90: ({ text, x, y }: Drawn): Drawn => ({ text, x: 800 - y, y: x, turned: 90 }),
    180: ({ text, x, y }: Drawn): Drawn => ({ text, x: 600 - x, y: 800 - y, turned: 180 }),
    270: ({ text, x, y }: Drawn): Drawn => ({ text, x: y, y: 600 - x, turned: 270 }),
  } as const;

  it.each([90, 180, 270] as const)('by %i degrees is read as it is seen', async (rotate) => {
    const isLying = rotate !== 180;
    const [width, height] = isLying ? [800, 600] : [600, 800];
    const rows = [['Full name', 'Zoë Müller'], ['Term']];
    const drawn = upright.map(before[rotate]);
    expect(await textsIn(pdfOf([drawn], { rotate, width, height }))).toEqual(rows);
    // A scanner that does not say how the paper lay.
    expect(await textsIn(pdfOf([drawn], { width, height }))).toEqual(rows);
  });
});

describe('a value that may be a part of what is seen is refused', () => {
  const name = { text: 'Carla', x: 150, y: 700 };

  it.each<[string, string, readonly Drawn[], RegExp]>([
    [
      'more of it below',
      'Carla',
      [{ ...name, text: 'Muñoz', y: 688 }],
      /goes on with "Muñoz" below/,
    ],
    [
      'more of it behind a gap',
      'Carla',
      [{ ...name, text: 'Muñoz', x: 184 }],
      /"Muñoz" close behind/,
    ],
    ['other text over it', 'Carla Muñoz', [{ ...name, text: 'VOID', x: 170 }], /close behind it/],
    ['the edge of the page in it', 'x'.repeat(95), [], /runs off the page/],
    ['dots at its end', 'Carla Mu…', [], /which is cut off/],
    ['a hyphen at its end', 'Carla Mu-', [], /which is cut off/],
    ['a letter that nobody knows', 'Carla Mu\uFFFDoz', [], /U\+FFFD stands for a letter/],
    ['an accent beside its letter', 'Carla Mun\u02DCoz', [], /U\+02DC stands for a letter/],
    ['a letter of private use', 'Carla Mu\uE0F1oz', [], /U\+E0F1 stands for a letter/],
  ])('%s', async (_, text, more, message) => {
    await expect(valueOf(text, more)).rejects.toMatchObject({
      code: 'FIELD_UNREADABLE',
      retryable: false,
      message: expect.stringMatching(message),
    });
  });

  it('but not for what stands in a column or under a label of its own', async () => {
    const more = [
      { text: 'Born', x: 250, y: 700, size: 8 },
      { text: 'Surname', x: 50, y: 686, size: 8 },
      { text: 'Muñoz', x: 150, y: 686 },
    ];
    expect(await valueOf('Carla', more)).toBe('Carla');
  });
});

describe('a file that is broken or made to hurt is refused', () => {
  const whole = pdfOf([[{ text: 'Full name', x: 50, y: 700 }]]);
  const refused = async (bytes: Buffer): Promise<string> => {
    try {
      return JSON.stringify(await readRows(placed(bytes)));
    } catch (error) {
      expect(error).toMatchObject({ code: 'DOCUMENT_UNREADABLE', retryable: false });
      return (error as Error).message;
    }
  };
  const pageWith = (content: string, more: readonly string[] = []): Buffer =>
    fileOf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources <<' +
        '/Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>',
      content,
      ...more,
    ]);

  it.each([
    ['that broke off', whole.subarray(0, 300)],
    ['without an end of its lists', Buffer.from(whole.toString('latin1').replaceAll('endobj', ''))],
    [
      'whose pages are their own pages',
      fileOf([
        '<< /Type /Catalog /Pages 2 0 R >>',
        '<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 9 /Parent 2 0 R >>',
      ]),
    ],
    [
      'of more pages than a document has',
      pdfOf(Array.from({ length: 51 }, () => [{ text: 'x', x: 9, y: 9 }])),
    ],
    [
      'of more text than a document has',
      pageWith(streamOf('BT /F1 9 Tf ' + '9 0 Td (x) Tj '.repeat(300_000) + 'ET')),
    ],
  ])('%s', async (_, bytes) => {
    // What can be mended is read as it is; nothing else than its text may come of it.
    expect(await refused(bytes)).toMatch(/^expected a PDF document in document\.pdf|^\[/);
    expect(await textsIn(whole)).toEqual([['Full name']]);
  });

  /** What it costs to refuse a file: time, and by how much the process ever grew. */
  const costOf = async (bytes: Buffer) => {
    const grown = (): number => process.resourceUsage().maxRSS * 1024;
    const before = grown();
    const startedAt = Date.now();
    expect(await refused(bytes)).toMatch(/took too much/);
    return { ms: Date.now() - startedAt, bytes: grown() - before };
  };

  it('that unfolds to a thousand times as much, in bounded memory', async () => {
    const part = Buffer.alloc(64 * MEBIBYTE, 'BT /F1 9 Tf (x) Tj ET\n');
    const packed = deflateRawSync(part, { level: 9, finishFlush: constants.Z_FULL_FLUSH });
    const end = Buffer.from([3, 0, 0, 0, 0, 1]);
    const all = [Buffer.from([0x78, 0x9c]), ...Array<Buffer>(24).fill(packed), end];
    const cost = await costOf(pageWith(streamOf(Buffer.concat(all), ['/FlateDecode'])));
    expect(cost.bytes).toBeLessThan(1_200 * MEBIBYTE);
    expect(await textsIn(whole)).toEqual([['Full name']]);
  }, 60_000);

  it('that says twice what says twice what …, in bounded time', async () => {
    const form = (number: number, content: string): string =>
      streamOf(content).replace(
        '<<',
        `<< /Type /XObject /Subtype /Form /BBox [0 0 9 9]
         /Resources << /XObject << /X ${number + 1} 0 R >>
         /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>`,
      );
    const page = streamOf('/X Do');
    const forms = Array.from({ length: 60 }, (_, at) => form(at + 5, '/X Do /X Do'));
    const said = fileOf([
      '<< /Type /Catalog /Pages 2 0 R >>',
      '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R' +
        ' /Resources << /XObject << /X 5 0 R >> >> >>',
      page,
      ...forms,
      form(99, 'BT /F1 9 Tf (x) Tj ET'),
    ]);
    expect((await costOf(said)).ms).toBeLessThan(20_000);
    expect(await textsIn(whole)).toEqual([['Full name']]);
  }, 60_000);
});
