interface Context {
  readonly run: string;
  readonly step: string;
  readonly attempt: { readonly number: number };
  readonly idempotencyKey: string;
}

export async function look() {
  return { ok: true };
}

/** Fails at its first attempt, in a way that may be tried again. */
export async function stumble(_input: unknown, { attempt }: Context) {
  if (attempt.number > 1) return { ok: true };
  throw Object.assign(new Error('expected a second attempt, found the first'), {
    code: 'STUMBLED',
    retryable: true,
  });
}

/** Changes the world outside: the sink writes it down with its key. */
export async function act(_input: unknown, { run, step, idempotencyKey: key }: Context) {
  const body = JSON.stringify({ run, step, key });
  const answer = await fetch(process.env['CHAOS_SINK'] ?? '', { method: 'POST', body });
  return await answer.json();
}
