import { createHash } from 'node:crypto';
import { ENTRIES_VERSION, lineOf, type RestoreEntry } from '@fermata/core';
import type { FoldedTo } from '@fermata/log';

/** A piece of a restore point: its number within its epoch, where it stands, and its SHA-256. */
export interface Piece {
  readonly number: number;
  readonly place: number;
  readonly hash: string;
}

/**
 * What a restore point says of itself. Its pieces never change: a newer root names other ones, so
 * a write that was torn leaves the root before it whole.
 */
export interface Root extends FoldedTo {
  /** Version of the entries in the pieces. */
  readonly version: number;
  /** Id of the event at its place: by its numbers alone a late claim could pass for it. */
  readonly event: string;
  /** Owner's epoch: each has a root and pieces of its own, which no other owner writes. */
  readonly epoch: number;
  /** Log time of the state. */
  readonly at: number;
  /** How long keys stayed taken; with another window the log gives another state. */
  readonly keyWindowMs: number;
  /** In the order in which they are read: everything first, then what changed, and so on. */
  readonly pieces: readonly Piece[];
  /** Number of the epoch's first piece that may still be stored, and of the next one. */
  readonly first: number;
  readonly next: number;
}

/** Name of an epoch's root. */
export function nameOfRoot(partition: number, epoch: number): string {
  return `${prefixOfRoots(partition)}${epoch}`;
}

/** What the names of a partition's roots begin with. */
export function prefixOfRoots(partition: number): string {
  return `restore/${partition}/`;
}

/** Name of a piece. */
export function nameOfPiece(partition: number, epoch: number, number: number): string {
  return `${partition}/${epoch}/${number}`;
}

/** SHA-256 of a text, in hex. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A root as it is stored, behind its own hash. */
export function writeRoot(root: Root): string {
  const text = JSON.stringify(root);
  return `${hashOf(text)} ${text}`;
}

/** Reads a root; null when its hash or its version is another. */
export function readRoot(stored: string): Root | null {
  const cut = stored.indexOf(' ');
  const text = stored.slice(cut + 1);
  if (hashOf(text) !== stored.slice(0, cut)) return null;
  const root = JSON.parse(text) as Root;
  return root.version === ENTRIES_VERSION ? root : null;
}

/** Characters of one piece: at most three bytes each, it fits into a record of any broker. */
const PIECE_CHARS = 250_000;
/** Entries written between two turns of the event loop, so that commits are not held up. */
const ENTRIES_PER_TURN = 200;

/** The entries as lines, cut into pieces wherever that falls, but never within a character. */
export async function* piecesOf(entries: readonly RestoreEntry[]): AsyncGenerator<string> {
  let text = '';
  for (const [index, entry] of entries.entries()) {
    text += `${lineOf(entry)}\n`;
    while (text.length >= PIECE_CHARS) {
      const cut = isLowSurrogate(text.charCodeAt(PIECE_CHARS)) ? PIECE_CHARS - 1 : PIECE_CHARS;
      yield text.slice(0, cut);
      text = text.slice(cut);
    }
    if (index % ENTRIES_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  if (text !== '') yield text;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
