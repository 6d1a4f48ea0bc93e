/**
 * How long the client is ready to wait, from `Prefer: wait=N` (RFC 7240, whole seconds); `Infinity` for a number that is too large.
 * Undefined when it did not say so in a form that can be understood: such a preference is ignored, as the RFC asks.
 */
export function waitSecondsOf(prefer: string | string[] | undefined): number | undefined {
  const text = Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '');
  for (const preference of text.split(',')) {
    const seconds = /^\s*wait\s*=\s*"?(\d+)"?\s*(?:;.*)?$/i.exec(preference)?.[1];
    if (seconds !== undefined) return Number(seconds);
  }
  return undefined;
}
