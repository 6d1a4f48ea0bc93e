import type { HttpAnswer } from './http-pool.ts';

/** The longest Content-Type that a result carries, in characters. */
const CONTENT_TYPE_MAX_CHARS = 256;

/** The first value of a header; null when it is absent. */
export function headerOf({ headers }: HttpAnswer, name: string): string | null {
  const value = headers[name];
  return (Array.isArray(value) ? value[0] : value) ?? null;
}

export function contentTypeOf(answer: HttpAnswer): string | null {
  return headerOf(answer, 'content-type')?.slice(0, CONTENT_TYPE_MAX_CHARS) ?? null;
}

/** All values as one list: several Content-Encoding lines mean the same as one line with commas. */
export function contentEncodingOf({ headers }: HttpAnswer): string {
  return [headers['content-encoding'] ?? []].flat().join(',');
}

/** Null when it is absent or no number. */
export function contentLengthOf(answer: HttpAnswer): number | null {
  const text = headerOf(answer, 'content-length') ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : null;
}
