import type { SchemaIssue } from '@sluice/queue/contracts';
import type { z } from 'zod';
import { BodyInvalidError } from '../problems/request-errors.ts';

/**
 * The fields of a body or a query, as their schema has them.
 *
 * @throws BodyInvalidError with all problems and their paths
 */
export function parseFields<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw new BodyInvalidError(parsed.error.issues.flatMap(issuesOf));
  return parsed.data;
}

/** Zod reports unknown keys at the object that holds them; the reader wants the place of each. */
function issuesOf(issue: z.core.$ZodIssue): SchemaIssue[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: 'is no known field' }));
}
