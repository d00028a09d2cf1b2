import type { LogPort } from '@fermata/log';
import { waitForOffset } from '@fermata/read-model';
import type { Ceilings } from '@fermata/contracts';
import type { CommandDesk, WaitForProjection } from '@fermata/service';
import type { AllowedHost } from '@fermata/sdk';
import type { DataSource } from 'typeorm';

/** What the HTTP edge works with. */
export interface Edge {
  readonly log: LogPort;
  readonly source: DataSource;
  readonly desk: CommandDesk;
  /** What the operator lets a definition ask for. */
  readonly ceilings: Ceilings;
  /** Where http agents may be called beyond the rule; null when only the runners know. */
  readonly allowedHosts: readonly AllowedHost[] | null;
}

/** Injection token of the edge. */
export const EDGE = Symbol('EDGE');

/** Waits until the read model knows a place. */
export function projectionOf({ source }: Edge): WaitForProjection {
  return (partition, place) => waitForOffset(source, partition, place.offset);
}
