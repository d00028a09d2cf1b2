import { AgentError, defineAgent } from '@fermata/sdk';
import { join } from 'node:path';
import { EffectLedger, ownFolder, placeFile } from './effect-ledger.ts';
import { drawOfferLetter } from './offer-letter.ts';

interface Input {
  readonly applicationId: string;
  readonly fullName: string;
  readonly address: string;
  readonly email: string;
  readonly terms: {
    readonly amount: number;
    readonly ratePercent: number;
    readonly termMonths: number;
  };
}

/** What was sent; the ledger keeps it under the step's idempotency key. */
interface Sent {
  readonly offerId: string;
  /** Path of the letter, relative to the folder of offers. */
  readonly letter: string;
  readonly sentTo: string;
  readonly amount: number;
  readonly ratePercent: number;
  readonly termMonths: number;
}

/**
 * Writes the offer letter and enters it in the ledger, once for a key: a crash between the two
 * leaves a letter that the next attempt writes again, the same one, before it enters it.
 */
export const sendOffer = defineAgent(async (input: Input, context): Promise<Sent> => {
  const folder = process.env['LOAN_OFFERS_DIR'] ?? join(import.meta.dirname, '..', 'out');
  await ownFolder(folder);
  const ledger = new EffectLedger<Sent>(join(folder, 'ledger'));
  const key = context.idempotencyKey;
  const done = await ledger.find(key);
  if (done !== null) return done;
  mustBeNumbered(input.applicationId);
  const offerId = `OF-${input.applicationId.replace(/^LA-/, '')}-${key.slice(0, 6)}`;
  const { amount, ratePercent, termMonths } = input.terms;
  const { applicationId, fullName, address } = input;
  const letter = await drawOfferLetter({
    offerId,
    applicationId,
    fullName,
    address,
    ...input.terms,
  });
  const path = join('letters', `${offerId}.pdf`);
  await placeFile(join(folder, path), letter);
  const sent = { offerId, letter: path, sentTo: input.email, amount, ratePercent, termMonths };
  return await ledger.enter(key, sent);
});

/** The number becomes part of a file's name: whoever wrote the workflow, it is nothing else. */
function mustBeNumbered(applicationId: string): void {
  if (/^LA-\d{4}-\d{4}$/.test(applicationId)) return;
  const found = JSON.stringify(applicationId.slice(0, 100));
  const message = `expected an application such as LA-2026-0117, found ${found}; correct it`;
  throw new AgentError('APPLICATION_INVALID', message, false);
}
