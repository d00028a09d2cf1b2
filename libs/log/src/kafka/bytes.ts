/** Bytes in Kafka's forms, written one behind the other into a buffer that grows. */
export class ByteWriter {
  private bytes: Buffer;
  /** Where the next byte goes. */
  at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** What was written. */
  get written(): Buffer {
    return this.bytes.subarray(0, this.at);
  }

  /** Makes room, so that what is written next fits. */
  reserve(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(2 * (this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  int8(value: number): void {
    this.reserve(1);
    this.at = this.bytes.writeInt8(value, this.at);
  }

  int16(value: number): void {
    this.reserve(2);
    this.at = this.bytes.writeInt16BE(value, this.at);
  }

  int32(value: number): void {
    this.reserve(4);
    this.at = this.bytes.writeInt32BE(value, this.at);
  }

  int64(value: number): void {
    this.reserve(8);
    this.at = this.bytes.writeBigInt64BE(BigInt(value), this.at);
  }

  /** Puts a number where one was written before: a length that was not known yet, or a sum. */
  uint32At(at: number, value: number): void {
    this.bytes.writeUInt32BE(value, at);
  }

  /** A text behind its length in 16 bits; -1 for none. */
  string(text: string | null): void {
    if (text === null) return this.int16(-1);
    const size = Buffer.byteLength(text);
    this.int16(size);
    this.put(text, size);
  }

  /** A whole number of 32 bits, small ones in one byte whatever their sign. */
  varint(value: number): void {
    this.reserve(5);
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  /** A text in UTF-8, or bytes, whose number the caller has counted. */
  put(part: string | Buffer, size: number): void {
    this.reserve(size);
    if (typeof part === 'string') this.bytes.write(part, this.at, size, 'utf8');
    else part.copy(this.bytes, this.at);
    this.at += size;
  }
}

/** How many bytes `varint` takes for a number that is not negative. */
export function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest > 0x7f; rest = Math.floor(rest / 128)) size += 1;
  return size;
}

const TWO_TO_32 = 2 ** 32;

/** Reads bytes in Kafka's forms, one behind the other. */
export class ByteReader {
  constructor(
    private readonly bytes: Buffer,
    /** Where the next byte is. */
    public at = 0,
  ) {}

  /** Bytes that were not read yet. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  int8(): number {
    this.at += 1;
    return this.bytes.readInt8(this.at - 1);
  }

  int16(): number {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }

  int32(): number {
    this.at += 4;
    return this.bytes.readInt32BE(this.at - 4);
  }

  /** A number of 64 bits that a number of JavaScript holds: an offset. */
  int64(): number {
    const high = this.int32();
    return high * TWO_TO_32 + (this.int32() >>> 0);
  }

  string(): string {
    return this.utf8(Math.max(this.int16(), 0));
  }

  varint(): number {
    let [value, shift] = [0, 0];
    for (;;) {
      const byte = this.bytes[this.at++] ?? 0;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
      shift += 7;
    }
  }

  /** Passes over a number of up to 64 bits. */
  skipVarint(): void {
    while ((this.bytes[this.at++] ?? 0) > 0x7f);
  }

  utf8(size: number): string {
    this.at += size;
    return this.bytes.toString('utf8', this.at - size, this.at);
  }

  /** The next bytes, not copied. */
  slice(size: number): Buffer {
    this.at += size;
    return this.bytes.subarray(this.at - size, this.at);
  }
}
