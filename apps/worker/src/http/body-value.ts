import { TextDecoder } from 'node:util';
import { describeIssues, findInexactNumbers } from '@sluice/shared';
import type { z } from 'zod';
import { FetchError } from './fetch-error.ts';

type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** Deeper JSON than this is not carried: what reads results must be able to walk them. */
const JSON_DEPTH_MAX = 200;

/** The body as text, by the charset that the Content-Type names, else as UTF-8. Broken bytes become U+FFFD. */
export function textOf(body: Buffer, contentType: string | null): string {
  return decoderFor(contentType).decode(body);
}

/** @throws FetchError `HTTP` when the body is not JSON, or would not come back from its result as it was. */
export function jsonOf(body: Buffer, contentType: string | null): JsonValue {
  const text = textOf(body, contentType);
  const value = parseJson(text);
  if (isDeep(value)) throw new FetchError('HTTP', `the body is JSON deeper than ${JSON_DEPTH_MAX} levels`);
  const rounded = findInexactNumbers(text);
  if (rounded.length === 0) return value;
  throw new FetchError(
    'HTTP',
    `the body has numbers that would be rounded; take it as text: ${describeIssues(rounded)}`,
  );
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new FetchError('HTTP', 'the body is not JSON');
  }
}

/** Walks level by level instead of recursing: depth is what is in question. */
function isDeep(value: JsonValue): boolean {
  let level: JsonValue[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > JSON_DEPTH_MAX) return true;
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  }
  return false;
}

function decoderFor(contentType: string | null): TextDecoder {
  const label = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType ?? '')?.[1];
  try {
    return new TextDecoder(label ?? 'utf-8');
  } catch {
    return new TextDecoder('utf-8'); // A charset that nobody knows.
  }
}
