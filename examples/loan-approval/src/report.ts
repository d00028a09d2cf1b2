import { auditLine, auditRows, shownJson, type AuditView, type Client } from '@fermata/cli';
import type { RunDetailView } from '@fermata/cli';
import { join } from 'node:path';

/** A run that has ended, as lines: its checkpoints, letter and audit trail. */
export async function reportLines(
  client: Client,
  run: RunDetailView,
  offersDir: string,
): Promise<string[]> {
  const audit: AuditView[] = [];
  for await (const rows of auditRows(client, run.run)) audit.push(...rows);
  const checkpoints = run.checkpoints.map(
    ({ label, steps, at }) => `  ${label}  ${at ?? ''}  ${steps.join(', ')}`,
  );
  return [
    'Checkpoints',
    ...checkpoints,
    '',
    ...letterLines(run, offersDir),
    '',
    'Audit trail: when, what, who, policy, place on the log, seal, rule',
    ...audit.map((row) => `  ${auditLine(row)}`),
  ];
}

function letterLines({ output, status }: RunDetailView, offersDir: string): string[] {
  const { offer = null } = (output ?? {}) as { offer?: { letter: string } | null };
  if (offer === null) return [`No offer was written: the run is ${status}.`];
  const letter = join(offersDir, offer.letter);
  return ['Offer', `  ${shownJson(offer, '  ')}`, `Letter  ${letter}`];
}
