import { sleep } from '../standalone-process';

const LOOK_EVERY_MS = 25;

/**
 * Waits until nothing is missing. When the time is over it tells what was: a test that waits in
 * vain must say for what.
 */
export async function until(
  missing: () => string | null | Promise<string | null>,
  withinMs: number,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const found = await missing();
    if (found === null) return;
    if (Date.now() > giveUpAt) throw new Error(`waited ${withinMs} ms in vain: ${found}`);
    await sleep(LOOK_EVERY_MS);
  }
}
