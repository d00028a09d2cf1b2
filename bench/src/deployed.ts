import type { LogPort } from '@fermata/log';

/** Hashes of the workflows that were deployed for the measurements, each looked up once. */
export class Deployed {
  private readonly hashes = new Map<string, string>();

  constructor(private readonly log: LogPort) {}

  async hashOf(workflow: string): Promise<string> {
    const known = this.hashes.get(workflow);
    if (known !== undefined) return known;
    const hash = await this.log.getLatest(`definition/local/${workflow}@1.0.0`);
    if (hash === null) throw new Error(`expected workflow ${workflow} to be deployed, found none`);
    this.hashes.set(workflow, hash);
    return hash;
  }
}
