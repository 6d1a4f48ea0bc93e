import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { SchemaIssue } from '../errors/index.ts';

const ISSUES_MAX = 100;

/** A schema's complaints as plain, JSON-safe data; at most 100. They name places and expectations, never values. */
export function toSchemaIssues(issues: readonly StandardSchemaV1.Issue[]): SchemaIssue[] {
  // A copy by `from`: `slice` and `map` of a library's own kind of array may give something else.
  return Array.from(issues)
    .slice(0, ISSUES_MAX)
    .map((issue) => ({ path: Array.from(issue.path ?? [], keyOf), message: messageOf(issue) }));
}

function keyOf(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'number' ? key : String(key);
}

/** What libraries add to an issue, and repeat in its message. */
interface DetailedIssue extends StandardSchemaV1.Issue {
  /** The value as text: valibot. Of a wrong enum: zod 3. */
  readonly received?: unknown;
  /** The value as text: arktype. */
  readonly actual?: unknown;
  /** The issues that this one is made of: arktype. */
  readonly errors?: readonly DetailedIssue[];
  /** The path as text: arktype. */
  readonly propString?: unknown;
}

/** The message in one line, without the value and without the path. */
function messageOf(issue: DetailedIssue): string {
  const withoutValues = valuesIn(issue).flatMap(repetitionsOf).reduce(without, issue.message);
  const message = withoutValues.replace(/\s+/g, ' ').trim();
  const path = `${String(issue.propString)} `;
  return issue.propString && message.startsWith(path) ? message.slice(path.length) : message;
}

function valuesIn(issue: DetailedIssue): string[] {
  const inside = Array.isArray(issue.errors) ? (issue.errors as DetailedIssue[]).flatMap(valuesIn) : [];
  return [issue.received, issue.actual].filter((value) => typeof value === 'string').concat(inside);
}

/** How valibot, zod 3 and arktype repeat a value. */
function repetitionsOf(value: string): string[] {
  return [` but received ${value}`, `: Received ${value}`, `, received '${value}'`, ` (was ${value})`, ` (${value})`];
}

function without(message: string, part: string): string {
  return message.split(part).join('');
}
