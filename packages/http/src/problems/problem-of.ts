import { STATUS_CODES } from 'node:http';
import { SluiceError } from '@sluice/queue/contracts';
import {
  type ErrorResponse,
  errorResponses,
  type KnownError,
  type Problem,
  type ProblemAnswer,
  type ProblemCode,
  problemType,
} from './error-responses.ts';
import { HttpRefusal } from './request-errors.ts';

/** What to answer for an error of any kind. Messages of errors that nobody foresaw stay inside: 500. */
export function problemOf(error: unknown): ProblemAnswer {
  if (isKnown(error)) return answerFor(error, errorResponses[error.code] as ErrorResponse<KnownError>);
  const status = statusOf(error);
  if (status !== undefined) {
    const problem = plainProblem(status, error instanceof Error ? error.message : undefined);
    return error instanceof HttpRefusal ? { problem, headers: error.headers } : { problem };
  }
  return {
    problem: plainProblem(500, 'Something went wrong inside; the log has it under the request id.'),
  };
}

/** Every problem of our own: what docs/http-api.md lists. */
export function knownProblems(): { name: string; status: number; code: ProblemCode }[] {
  return Object.entries(errorResponses).map(([code, { name, status }]) => ({
    name,
    status,
    code: code as ProblemCode,
  }));
}

/** A problem that its status says it all about. */
export function plainProblem(status: number, detail?: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail: detail ?? title };
}

function answerFor(error: KnownError, row: ErrorResponse<KnownError>): ProblemAnswer {
  const { name, title, status } = row;
  const detail = row.detail ?? error.message;
  const problem = {
    type: problemType(name),
    title,
    status,
    detail,
    code: error.code,
    ...row.more?.(error),
  };
  const retryAfter = row.retryAfterSeconds && { 'retry-after': String(row.retryAfterSeconds(error)) };
  return { problem, headers: { ...row.headers, ...retryAfter } };
}

function isKnown(error: unknown): error is KnownError {
  return error instanceof SluiceError && Object.hasOwn(errorResponses, error.code);
}

/** The status that the framework gave its own refusals: 400 for broken JSON, 413, 415. Never one of 5xx. */
function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}
