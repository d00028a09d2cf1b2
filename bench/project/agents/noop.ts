export async function noop() {
  return { ok: true };
}
