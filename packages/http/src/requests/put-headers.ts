import { HeaderInvalidError } from '../problems/request-errors.ts';

// A quoted string of printable ASCII, in which only `\"` and `\\` are escapes (RFC 8941), or the same text bare.
const QUOTED = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/;
const BARE = /^[\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]+$/;

/**
 * The id that an `Idempotency-Key` header asks for, quoted or not; undefined without the header.
 * A comma must be quoted: outside of quotes it is what joins two headers of the same name.
 *
 * @throws HeaderInvalidError when it is empty, or no text of printable ASCII.
 */
export function idempotencyKeyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  const text = (Array.isArray(header) ? header.join(', ') : header).trim();
  const quoted = QUOTED.exec(text)?.[1];
  if (quoted !== undefined) return quoted.replaceAll(/\\(["\\])/g, '$1');
  if (BARE.test(text)) return text;
  throw new HeaderInvalidError(
    'Idempotency-Key must be one key of printable ASCII, in double quotes if it holds spaces or commas',
  );
}

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
