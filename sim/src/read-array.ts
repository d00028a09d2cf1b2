import type { Cell, Column } from '@fermata/read-model';

type ColumnType = Column['type'];

/** The cells of a binary array of one dimension, as PostgreSQL reads it. */
export function readArray(type: ColumnType, bytes: Buffer): Cell[] {
  const count = bytes.readInt32BE(12);
  let at = 20;
  return Array.from({ length: count }, () => {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) return null;
    const cell = readCell(type, bytes.subarray(at, at + length));
    at += length;
    return cell;
  });
}

function readCell(type: ColumnType, bytes: Buffer): Cell {
  switch (type) {
    case 'boolean':
      return bytes[0] === 1;
    case 'int':
      return bytes.readInt32BE(0);
    case 'bigint':
      return Number(bytes.readBigInt64BE(0));
    case 'text':
      return bytes.toString('utf8');
  }
}
