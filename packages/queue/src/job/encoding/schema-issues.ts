import type { z } from 'zod';
import type { SchemaIssue } from '../errors/index.ts';

const ISSUES_MAX = 100;

/** A schema's complaints as plain, JSON-safe data; at most 100. They name places and expectations, never values. */
export function toSchemaIssues(error: z.ZodError): SchemaIssue[] {
  return error.issues.slice(0, ISSUES_MAX).map(({ path, message }) => ({
    path: path.map((key) => (typeof key === 'symbol' ? String(key) : key)),
    message,
  }));
}
