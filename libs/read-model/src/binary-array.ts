/** A value of a row on its way to PostgreSQL; null leaves what is there. */
export type Cell = string | number | boolean | null;

/** Types of elements, with the numbers that PostgreSQL knows them by. */
const OIDS = { boolean: 16, bigint: 20, int: 23, text: 25 } as const;
/** Type of a column that is written in bulk. */
export type ColumnType = keyof typeof OIDS;

const HEAD_BYTES = 20;
const LENGTH_BYTES = 4;
const NULL = -1;
const TWO_TO_32 = 2 ** 32;

/**
 * A column's cells as PostgreSQL's binary array of one dimension. As text, each quote of a JSON
 * value would be escaped here and unescaped there.
 */
export function binaryArray(type: ColumnType, cells: readonly Cell[]): Buffer {
  let size = HEAD_BYTES;
  for (const cell of cells) size += LENGTH_BYTES + sizeOf(type, cell);
  const bytes = Buffer.allocUnsafe(size);
  bytes.writeInt32BE(1, 0);
  bytes.writeInt32BE(Number(cells.includes(null)), 4);
  bytes.writeInt32BE(OIDS[type], 8);
  bytes.writeInt32BE(cells.length, 12);
  bytes.writeInt32BE(1, 16);
  let at = HEAD_BYTES;
  for (const cell of cells) {
    const length = sizeOf(type, cell);
    bytes.writeInt32BE(cell === null ? NULL : length, at);
    if (cell !== null) write(bytes, type, cell, at + LENGTH_BYTES);
    at += LENGTH_BYTES + length;
  }
  return bytes;
}

function sizeOf(type: ColumnType, cell: Cell): number {
  if (cell === null) return 0;
  switch (type) {
    case 'boolean':
      return 1;
    case 'int':
      return 4;
    case 'bigint':
      return 8;
    case 'text':
      return Buffer.byteLength(String(cell));
  }
}

function write(bytes: Buffer, type: ColumnType, cell: Exclude<Cell, null>, at: number): void {
  switch (type) {
    case 'boolean':
      bytes.writeInt8(Number(cell), at);
      break;
    case 'int':
      bytes.writeInt32BE(Number(cell), at);
      break;
    case 'bigint':
      // In two halves: a BigInt for each cell would cost more than the rest.
      bytes.writeInt32BE(Math.floor(Number(cell) / TWO_TO_32), at);
      bytes.writeUInt32BE(Number(cell) >>> 0, at + 4);
      break;
    case 'text':
      bytes.write(String(cell), at, 'utf8');
  }
}
