import { FetchError } from '../errors/fetch-error.ts';

/** One header field. */
export interface Field {
  /** In lower case. */
  readonly name: string;
  readonly value: string;
}

/** Where the body of an answer ends (RFC 9112 §6.3). */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

/** What the fields of a head say about the body, in the one form that leaves no doubt. */
export interface FramedFields {
  readonly framing: Framing;
  readonly fields: readonly Field[];
}

/** Lengths from here on are larger than any body that is read; more digits would not fit a number. */
const LENGTH_MAX = 999_999_999_999_999;

/**
 * Settles where a body ends: Transfer-Encoding overrides Content-Length, equal lengths are one, and a connection whose
 * server said both is not used again. A coding below `chunked` is undone like a content coding.
 *
 * @throws FetchError `HTTP` for lengths that differ or are none: a body cannot be separated from what follows it then
 */
export function settleFraming(status: number, fields: readonly Field[]): FramedFields {
  const lengths = valuesOf(fields, 'content-length');
  const codings = transferCodings(fields);
  const others = fields.filter(({ name }) => name !== 'content-length' && name !== 'transfer-encoding');
  if (status === 204 || status === 304) {
    const mayHaveBody = codings.length > 0 || lengths.some((length) => !/^0*$/.test(length));
    return { framing: { kind: 'none' }, fields: mayHaveBody ? closing(others) : others };
  }
  if (codings.length > 0) {
    const coded = withCodings(codings, others);
    return { ...coded, fields: lengths.length > 0 ? closing(coded.fields) : coded.fields };
  }
  if (lengths.length === 0) return { framing: { kind: 'until-close' }, fields: others };
  const bytes = oneLength(lengths);
  return { framing: { kind: 'length', bytes }, fields: [...others, { name: 'content-length', value: String(bytes) }] };
}

function withCodings(codings: readonly string[], others: readonly Field[]): FramedFields {
  const isChunked = codings.at(-1) === 'chunked';
  // Some servers and proxies each add a `chunked`, and chunk once.
  const below = isChunked ? codings.slice(0, codings.indexOf('chunked')) : codings;
  if (codings.slice(below.length).some((name) => name !== 'chunked') || below.includes('chunked')) {
    throw new FetchError('HTTP', 'the answer has a Transfer-Encoding that does not end');
  }
  const fields = [...others, ...below.map((value) => ({ name: 'content-encoding', value }))];
  if (!isChunked) return { framing: { kind: 'until-close' }, fields };
  return { framing: { kind: 'chunked' }, fields: [...fields, { name: 'transfer-encoding', value: 'chunked' }] };
}

function transferCodings(fields: readonly Field[]): string[] {
  const names = valuesOf(fields, 'transfer-encoding').map((coding) => coding.replace(/;.*$/, '').trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

function oneLength(lengths: readonly string[]): number {
  if (!lengths.every((length) => /^\d+$/.test(length))) {
    throw new FetchError('HTTP', 'the answer has a Content-Length that is no number');
  }
  const [digits = '0', ...others] = new Set(lengths.map((length) => length.replace(/^0+(?=\d)/, '')));
  if (others.length > 0) throw new FetchError('HTTP', 'the answer has several lengths that differ');
  return digits.length > String(LENGTH_MAX).length ? LENGTH_MAX : Number(digits);
}

/** The members of a field that may stand on several lines, as one list. */
function valuesOf(fields: readonly Field[], wanted: string): string[] {
  return fields
    .filter(({ name }) => name === wanted)
    .flatMap(({ value }) => value.split(',').map((each) => each.trim()));
}

function closing(fields: readonly Field[]): readonly Field[] {
  return [...fields.filter(({ name }) => name !== 'connection'), { name: 'connection', value: 'close' }];
}
