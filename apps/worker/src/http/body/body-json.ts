import { exactValue } from '@sluice/queue/json';
import type { z } from 'zod';
import { plainTextOf } from './body-text.ts';
import { FetchError } from '../errors/fetch-error.ts';
import type { PageRecord } from '../page/page-record.ts';

type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** Deeper JSON than this is not carried: what reads results must be able to walk them. */
const JSON_DEPTH_MAX = 200;

/**
 * The body as JSON that comes out as it came in: digits, keys that stand there twice, and their order.
 *
 * @throws FetchError `HTTP` when the body is not JSON, or too deep
 */
export function jsonOf(body: Buffer, contentType: string | null): PageRecord['body'] {
  const text = plainTextOf(body, contentType);
  if (isDeep(parseJson(text))) throw new FetchError('HTTP', `the body is JSON deeper than ${JSON_DEPTH_MAX} levels`);
  return exactValue(text) as PageRecord['body'];
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
