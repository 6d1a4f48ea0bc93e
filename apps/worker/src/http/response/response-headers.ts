import type { HttpAnswer } from '../http-pool.ts';

/** The longest Content-Type that a result carries, in characters. */
const CONTENT_TYPE_MAX_CHARS = 256;

/** The values of all lines of a header. */
export function valuesOf({ headers }: HttpAnswer, name: string): string[] {
  return [headers[name] ?? []].flat();
}

/** The first value of a header; null when it is absent. */
export function headerOf(answer: HttpAnswer, name: string): string | null {
  return valuesOf(answer, name)[0] ?? null;
}

export function contentTypeOf(answer: HttpAnswer): string | null {
  return headerOf(answer, 'content-type')?.slice(0, CONTENT_TYPE_MAX_CHARS) ?? null;
}

/** All values as one list: several Content-Encoding lines mean the same as one line with commas. */
export function contentEncodingOf(answer: HttpAnswer): string {
  return valuesOf(answer, 'content-encoding').join(',');
}

/** Null when it is absent or no number. */
export function contentLengthOf(answer: HttpAnswer): number | null {
  const text = headerOf(answer, 'content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
