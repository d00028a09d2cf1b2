import type { AllowedHost } from './allowed-host';

/** What is known of where a project will run; what is not known is not checked. */
export interface Surroundings {
  /** Groups in which somebody is. */
  readonly groups?: ReadonlySet<string> | undefined;
  /** Where http agents may be called beyond public https. */
  readonly allowedHosts?: readonly AllowedHost[] | undefined;
}

/** Variables of the environment, by name. */
export type Env = Readonly<Record<string, string | undefined>>;
