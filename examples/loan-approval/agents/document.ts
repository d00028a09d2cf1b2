// A document by its labels: every field is found, of the right form, or refused by name.
import { AgentError } from '@fermata/sdk';
import { basename } from 'node:path';
import type { Row } from './pdf-lines.ts';
import { readRows } from './pdf-text.ts';
import { whyCut } from './whole-value.ts';

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class Document {
  private readonly name: string;
  readonly rows: readonly Row[];

  constructor(name: string, rows: readonly Row[]) {
    this.name = name;
    this.rows = rows;
  }

  static async read(path: string): Promise<Document> {
    return new Document(basename(path), await readRows(path));
  }

  /** Text to the right of a label; a part of a text is refused. */
  text(label: string): string {
    for (const [number, row] of this.rows.entries()) {
      const at = row.findIndex((cell) => cell.text === label);
      const value = at < 0 ? undefined : row[at + 1];
      if (value === undefined) continue;
      const why = whyCut(row, at + 1, this.rows[number + 1] ?? []);
      if (why === null) return value.text;
      const found = `expected a whole value beside "${label}" in ${this.name}, found "${value.text}"`;
      const message = `${found}, ${why}; ask the applicant for a document that shows it whole`;
      throw new AgentError('FIELD_UNREADABLE', message, false);
    }
    throw this.missing(label, 'nothing');
  }

  /** An amount in EUR, such as `EUR 18,000.00` or `3,906.50`. */
  amount(label: string): number {
    const text = this.text(label);
    return amountOf(text) ?? this.refuse(label, `an amount`, text);
  }

  /** A day such as `3 Nov 2026`, as ISO 8601. */
  day(label: string): string {
    const text = this.text(label);
    return dayOf(text) ?? this.refuse(label, 'a day such as 3 Nov 2026', text);
  }

  /** The number at the start of a value, such as 60 of `60 months`. */
  count(label: string): number {
    const text = this.text(label);
    const [digits] = /^\d{1,6}\b/.exec(text) ?? [];
    return digits === undefined ? this.refuse(label, 'a number', text) : Number(digits);
  }

  /** Refuses a document whose own figures do not agree. */
  disagree(what: string, expected: string, found: string): never {
    const message = `expected ${what} of ${expected} in ${this.name}, found ${found}`;
    throw new AgentError('DOCUMENTS_DISAGREE', `${message}; ask the applicant`, false);
  }

  private refuse(label: string, expected: string, found: string): never {
    throw this.missing(label, `"${found}"`, expected);
  }

  private missing(label: string, found: string, expected = 'a value'): AgentError {
    const message = `expected ${expected} beside "${label}" in ${this.name}, found ${found}`;
    return new AgentError('FIELD_MISSING', `${message}; ask the applicant for it`, false);
  }
}

/** Amount in a text, or null. */
export function amountOf(text: string): number | null {
  const digits = text.replace(/^EUR /, '').replaceAll(',', '');
  return /^-?\d+\.\d\d$/.test(digits) ? Number(digits) : null;
}

/** Day in a text as ISO 8601, or null. */
export function dayOf(text: string): string | null {
  const [, day, name, year] = /^(\d{1,2}) ([A-Z][a-z]{2}) (\d{4})$/.exec(text) ?? [];
  const month = MONTHS.indexOf(name ?? '') + 1;
  if (day === undefined || month === 0) return null;
  return `${year}-${String(month).padStart(2, '0')}-${day.padStart(2, '0')}`;
}
