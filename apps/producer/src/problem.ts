import type { SchemaIssue } from '@sluice/queue/contracts';

/** An error as an HTTP answer: RFC 9457, `application/problem+json`. */
export interface Problem {
  /** What kind of problem; `about:blank` when the status says it all. */
  readonly type: string;
  /** The same words for every problem of this type. */
  readonly title: string;
  readonly status: number;
  /** What went wrong this time, for people. */
  readonly detail: string;
  /** The stable code of the error behind it, for programs. */
  readonly code?: string;
  /** What is wrong with the body, and where: keys and indexes from its root. */
  readonly errors?: readonly SchemaIssue[];
  readonly [extension: string]: unknown;
}

/** A problem, and the headers that belong to it. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The type of a problem of our own: a name, not an address. */
export function problemType(name: string): string {
  return `urn:sluice:problem:${name}`;
}
