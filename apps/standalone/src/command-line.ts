import { Fault } from '@fermata/contracts';

/** A second Ctrl-C counts from here on: a terminal and npm both hand on the first one. */
const SECOND_MS = 1_000;
const BY_SIGNAL = 130;

/** What the process was asked by Ctrl-C or SIGTERM. */
export interface StopRequest {
  readonly isMade: boolean;
  /** Resolves when a stop is asked for. */
  readonly made: Promise<void>;
}

/**
 * Listens for Ctrl-C and SIGTERM from now on, also while things still start: what was started is
 * stopped in order, and no database is left behind. A second one, later, ends the process at once.
 */
export function listenForStop(exit: (code: number) => void = process.exit): StopRequest {
  let madeAt: number | null = null;
  const made = new Promise<void>((resolve) => {
    const ask = (): void => {
      if (madeAt !== null && Date.now() - madeAt >= SECOND_MS) exit(BY_SIGNAL);
      madeAt ??= Date.now();
      resolve();
    };
    process.on('SIGINT', ask);
    process.on('SIGTERM', ask);
  });
  return {
    made,
    get isMade() {
      return madeAt !== null;
    },
  };
}

/** The port that `--port` names. */
export function portOf(text: string): number {
  const port = Number(text);
  if (text.trim() !== '' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  const found = `expected a port from 0 to 65535, found "${text}"`;
  throw new Fault('CONFIG_INVALID', `${found}; correct --port`);
}
