export async function noop(input: unknown) {
  return { ok: true };
}
