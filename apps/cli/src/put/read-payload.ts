import { findInexactNumbers } from '@sluice/queue/json';
import { UsageError } from '../cli-errors.ts';

/**
 * Reads a payload so that what is put is what was written.
 *
 * @throws UsageError when it is no JSON, nests too deep, or has a number that would be rounded
 */
export function readPayload(text: string): unknown {
  const value = parse(text);
  const [inexact] = inexactNumbers(text);
  if (inexact === undefined) return value;
  const where = inexact.path.length === 0 ? 'it' : inexact.path.join('.');
  throw new UsageError(`the payload has a number that would be rounded: ${where}. Write it as a string`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not V8's message: it repeats a part of the payload.
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new UsageError(`the payload is no JSON${at === undefined ? '' : `, from character ${Number(at) + 1} on`}`);
  }
}

function inexactNumbers(text: string): { path: readonly PropertyKey[] }[] {
  try {
    return findInexactNumbers(text).map(({ path }) => ({ path }));
  } catch {
    throw new UsageError('the payload nests too deep');
  }
}
