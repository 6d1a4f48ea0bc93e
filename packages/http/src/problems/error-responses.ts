import type {
  FlowInvalidError,
  JobIdInvalidError,
  OptionError,
  PayloadInvalidError,
  PutConflictError,
  PutOptionError,
  PutUnknownError,
  QueueClosedError,
  QueueFullError,
  RedisUnavailableError,
  RedisUnsuitableError,
  SchemaIssue,
  TooLargeError,
  UnknownJobError,
} from '@sluice/queue/contracts';
import type { ForbiddenError, RateLimitedError, UnauthorizedError } from '../auth/auth-errors.ts';
import type {
  BodyInvalidError,
  ClientGoneError,
  HeaderInvalidError,
  JobNotFoundError,
  KeyInProgressError,
  KeyReusedError,
  OverloadedError,
  ServiceStoppingError,
  TooManyWatchesError,
  StreamStalledError,
  TooManyStreamsError,
  UnknownQueueError,
  WaiterShareError,
} from './request-errors.ts';

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

/** Every error that a request may end with. What is missing here is a fault of ours: 500. */
export type KnownError =
  | BodyInvalidError
  | ClientGoneError
  | FlowInvalidError
  | ForbiddenError
  | HeaderInvalidError
  | JobIdInvalidError
  | JobNotFoundError
  | KeyInProgressError
  | KeyReusedError
  | OptionError
  | OverloadedError
  | PayloadInvalidError
  | PutConflictError
  | PutOptionError
  | PutUnknownError
  | QueueClosedError
  | QueueFullError
  | RateLimitedError
  | RedisUnavailableError
  | RedisUnsuitableError
  | ServiceStoppingError
  | StreamStalledError
  | TooLargeError
  | TooManyWatchesError
  | UnauthorizedError
  | TooManyStreamsError
  | UnknownJobError
  | UnknownQueueError
  | WaiterShareError;

/** The code of a problem of our own. */
export type ProblemCode = KnownError['code'];
type Code = ProblemCode;
type ErrorOf<C extends Code> = Extract<KnownError, { code: C }>;

/** The HTTP answer to one kind of error. */
export interface ErrorResponse<E> {
  name: string;
  title: string;
  status: number;
  /** Default: the error's own message. */
  detail?: string;
  /** Members in addition to the standard ones. */
  more?: (error: E) => Partial<Problem>;
  retryAfterSeconds?: (error: E) => number;
  headers?: Readonly<Record<string, string>>;
}

/** A body may have as many mistakes as bytes. */
const ERRORS_MOST = 100;
/** Seconds after which Redis, or another instance of this service, is worth asking again. */
const UNAVAILABLE_SECONDS = 5;
const soon = (): number => UNAVAILABLE_SECONDS;

/** The status of each error: 429 with Retry-After when the queue is full. A known error without an entry does not compile. */
export const errorResponses: { readonly [C in Code]: ErrorResponse<ErrorOf<C>> } = {
  SLUICE_BODY_INVALID: {
    name: 'body-invalid',
    title: 'The body is not a valid put',
    status: 422,
    more: ({ issues }) => ({ errors: issues.slice(0, ERRORS_MOST) }),
  },
  SLUICE_FLOW_INVALID: {
    name: 'flow-invalid',
    title: 'The flow, or one of its jobs, is wrong',
    status: 422,
    more: ({ issues }) => ({ errors: issues }),
  },
  SLUICE_PAYLOAD_INVALID: {
    name: 'payload-invalid',
    title: "The payload does not match the job's contract",
    status: 422,
    more: ({ contract, issues }) => ({
      job: contract,
      errors: issues.slice(0, ERRORS_MOST).map(({ path, message }) => ({ path: ['payload', ...path], message })),
    }),
  },
  SLUICE_JOB_ID_INVALID: {
    name: 'job-id-invalid',
    title: 'The job id cannot be used',
    status: 422,
  },
  SLUICE_PUT_OPTION: { name: 'put-option', title: 'An option of the put is out of its range', status: 422 },
  SLUICE_OPTION: { name: 'option', title: 'An option of the request is out of its range', status: 422 },
  SLUICE_HEADER_INVALID: {
    name: 'header-invalid',
    title: 'A header cannot be understood',
    status: 400,
  },
  SLUICE_UNAUTHORIZED: {
    name: 'unauthorized',
    title: 'An API key is required',
    status: 401,
    headers: { 'www-authenticate': 'Bearer realm="sluice"' },
  },
  SLUICE_FORBIDDEN: { name: 'forbidden', title: 'The API key does not allow this', status: 403 },
  SLUICE_RATE_LIMITED: {
    name: 'rate-limited',
    title: 'Too many requests with this API key',
    status: 429,
    more: ({ retryAfterMs }) => ({ retryAfterMs }),
    retryAfterSeconds: ({ retryAfterMs }) => Math.max(1, Math.ceil(retryAfterMs / 1_000)),
  },
  SLUICE_UNKNOWN_QUEUE: { name: 'unknown-queue', title: 'No such queue', status: 404 },
  SLUICE_UNKNOWN_JOB: { name: 'unknown-job', title: 'The queue knows no such job', status: 404 },
  SLUICE_JOB_NOT_FOUND: {
    name: 'job-not-found',
    title: 'The queue keeps no such job',
    status: 404,
  },
  SLUICE_PUT_CONFLICT: {
    name: 'put-conflict',
    title: 'The id is taken by a job with another payload',
    status: 409,
    more: ({ queue, jobId }) => ({ queue, jobId }),
  },
  SLUICE_KEY_REUSED: {
    name: 'key-reused',
    title: 'The Idempotency-Key was used for another payload',
    status: 422,
    more: ({ queue, jobId }) => ({ queue, jobId }),
  },
  SLUICE_KEY_IN_PROGRESS: {
    name: 'key-in-progress',
    title: 'A put with this Idempotency-Key is in progress',
    status: 409,
    retryAfterSeconds: () => 1,
  },
  SLUICE_WAITER_SHARE: {
    name: 'waiter-share',
    title: 'Too many puts of this client wait for capacity',
    status: 429,
    more: ({ queue }) => ({ queue }),
    retryAfterSeconds: () => 1,
  },
  SLUICE_TOO_MANY_STREAMS: {
    name: 'too-many-streams',
    title: 'Too many streams are open',
    status: 503,
    retryAfterSeconds: soon,
  },
  SLUICE_STREAM_STALLED: {
    name: 'stream-stalled',
    title: 'The queue stayed full for as long as a stream waits',
    status: 429,
    more: ({ queue, waitedMs }) => ({ queue, waitedMs }),
    retryAfterSeconds: soon,
  },
  SLUICE_TOO_LARGE: {
    name: 'too-large',
    title: 'The payload is too large',
    status: 413,
    more: ({ bytes, maxBytes }) => ({ bytes, maxBytes }),
  },
  SLUICE_QUEUE_FULL: {
    name: 'queue-full',
    title: 'The queue is full',
    status: 429,
    more: ({ queue, depth, capacity, retryAfterMs, reason, waitedMs }) => ({
      queue,
      depth,
      capacity,
      retryAfterMs,
      reason,
      waitedMs,
    }),
    retryAfterSeconds: ({ retryAfterMs }) => Math.max(1, Math.ceil(retryAfterMs / 1_000)),
  },
  SLUICE_QUEUE_CLOSED: {
    name: 'queue-closed',
    title: 'The queue takes no puts',
    status: 503,
    more: ({ queue }) => ({ queue }),
  },
  SLUICE_PUT_UNKNOWN: {
    name: 'put-unknown',
    title: 'The answer was lost: the job may have been added',
    status: 503,
    more: ({ queue, jobId, maybeAdded }) => ({ queue, jobId, maybeAdded }),
    retryAfterSeconds: soon,
  },
  SLUICE_REDIS_UNAVAILABLE: {
    name: 'redis-unavailable',
    title: 'Redis does not answer',
    status: 503,
    // The message names a host inside the network: that is for the log, not for a stranger.
    detail: 'The Redis server behind the queue does not answer.',
    retryAfterSeconds: soon,
  },
  SLUICE_REDIS_UNSUITABLE: {
    name: 'redis-unsuitable',
    title: 'Redis cannot be used',
    status: 503,
    detail: 'The Redis server behind the queue is set up in a way that could lose jobs.',
  },
  SLUICE_SERVICE_STOPPING: {
    name: 'service-stopping',
    title: 'The service is stopping',
    status: 503,
    retryAfterSeconds: soon,
  },
  SLUICE_OVERLOADED: {
    name: 'overloaded',
    title: 'Too many requests are under way',
    status: 503,
    retryAfterSeconds: () => 1,
  },
  SLUICE_TOO_MANY_WATCHES: {
    name: 'too-many-watches',
    title: 'The client waits for too much at once',
    status: 429,
    retryAfterSeconds: soon,
  },
  SLUICE_CLIENT_GONE: {
    name: 'client-gone',
    title: 'The client closed the connection',
    status: 499,
  },
};
