import type { SchemaIssue } from '@sluice/queue/contracts';
import { findInexactNumbers } from '@sluice/queue/json';
import { UsageError } from '../cli-errors.ts';

/**
 * Reads a payload so that what is put is what was written.
 *
 * @throws UsageError when it is no JSON, nests too deep, or has a number that would be rounded
 */
export function readPayload(text: string): unknown {
  const { value, inexact } = readExactly(text, 'the payload');
  const [first] = inexact;
  if (first === undefined) return value;
  const where = first.path.length === 0 ? 'it' : first.path.join('.');
  throw new UsageError(`the payload has a number that would be rounded: ${where}. Write it as a string`);
}

/**
 * JSON, and where it has numbers that would be rounded.
 *
 * @param what what it is, for the message
 * @throws UsageError when it is no JSON, or nests too deep
 */
export function readExactly(text: string, what: string): { value: unknown; inexact: readonly SchemaIssue[] } {
  return { value: parse(text, what), inexact: inexactNumbers(text, what) };
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // Not V8's message: it repeats a part of the text.
    const at = /position (\d+)/.exec(error instanceof Error ? error.message : '')?.[1];
    throw new UsageError(`${what} is no JSON${at === undefined ? '' : `, from character ${Number(at) + 1} on`}`);
  }
}

function inexactNumbers(text: string, what: string): readonly SchemaIssue[] {
  try {
    return findInexactNumbers(text);
  } catch {
    throw new UsageError(`${what} nests too deep`);
  }
}
