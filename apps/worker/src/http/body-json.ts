import { describeIssues, findInexactNumbers } from '@sluice/shared';
import type { z } from 'zod';
import { plainTextOf } from './body-text.ts';
import { FetchError } from './fetch-error.ts';

type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** Deeper JSON than this is not carried: what reads results must be able to walk them. */
const JSON_DEPTH_MAX = 200;

/** @throws FetchError `HTTP` when the body is not JSON, or would not come back from its result as it was. */
export function jsonOf(body: Buffer, contentType: string | null): JsonValue {
  const text = plainTextOf(body, contentType);
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
