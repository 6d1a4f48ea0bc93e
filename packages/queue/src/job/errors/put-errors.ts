import type { OptionProblem } from './option-errors.ts';
import { describeIssues, type SchemaIssue } from './schema-issue.ts';
import { SluiceError } from './sluice-error.ts';

/** Why a full queue refused a put. */
export type QueueFullReason =
  /** The queue holds as many unfinished jobs as it may. */
  | 'capacity'
  /** There is no free capacity, and the put comes from a handler that could wait for the end of its own job. */
  | 'deadlock'
  /** Redis is out of memory, or close to it. */
  | 'memory'
  /** The put needs more capacity at once than the queue has in all. */
  | 'never-fits'
  /** There is no free capacity, and among the first jobs that wait there is none that the put's policy may drop. */
  | 'nothing-to-drop'
  /** As many puts wait for capacity as may. */
  | 'too-many-waiters';

/** The fields of a {@link QueueFullError}. */
export interface QueueFullDetails {
  /** The queue's name. */
  queue: string;
  /** Unfinished jobs at the moment of refusal. */
  depth: number;
  /** The most unfinished jobs that the queue may hold. */
  capacity: number;
  /** A fair guess of when there will be free capacity, in milliseconds. */
  retryAfterMs: number;
  /** Why the put was refused. */
  reason: QueueFullReason;
  /** How long the put waited before it gave up, in milliseconds; 0 when it did not wait. */
  waitedMs?: number;
}

/** The queue has no free capacity, and the put may not wait or has waited long enough. Nothing was added. */
export class QueueFullError extends SluiceError {
  static override readonly name = 'QueueFullError';
  readonly code = 'SLUICE_QUEUE_FULL';
  readonly queue: string;
  readonly depth: number;
  readonly capacity: number;
  readonly retryAfterMs: number;
  readonly reason: QueueFullReason;
  readonly waitedMs: number;

  constructor(details: QueueFullDetails) {
    const waited = details.waitedMs ? ` after waiting ${details.waitedMs} ms` : '';
    super(
      `queue ${details.queue} is full (${details.depth} of ${details.capacity}, ${details.reason})${waited}: ${adviceFor(details)}`,
    );
    this.queue = details.queue;
    this.depth = details.depth;
    this.capacity = details.capacity;
    this.retryAfterMs = details.retryAfterMs;
    this.reason = details.reason;
    this.waitedMs = details.waitedMs ?? 0;
  }
}

function adviceFor({ reason, retryAfterMs }: QueueFullDetails): string {
  switch (reason) {
    case 'capacity':
      return `workers do not keep up, or none runs; try again in ${retryAfterMs} ms`;
    case 'deadlock':
      return "a handler's put could wait for that handler's own job";
    case 'memory':
      return 'Redis is at its maxmemory, or close to it';
    case 'never-fits':
      return 'put fewer jobs at once';
    case 'nothing-to-drop':
      return 'no job that waits may be dropped for this one';
    case 'too-many-waiters':
      return `as many puts wait as may; try again in ${retryAfterMs} ms`;
    default:
      return reason satisfies never;
  }
}

/** The queue is sealed and takes no puts, or the producer or consumer was closed and takes no calls. Nothing was added. */
export class QueueClosedError extends SluiceError {
  static override readonly name = 'QueueClosedError';
  readonly code = 'SLUICE_QUEUE_CLOSED';
  readonly queue: string;

  constructor(queue: string, why: string) {
    super(`queue ${queue} is closed: ${why}`);
    this.queue = queue;
  }
}

/**
 * The answer to a put was lost and could not be asked for again in time. The job may have been added.
 * Put it again under the same id to find out: a job that is there is answered as a duplicate.
 */
export class PutUnknownError extends SluiceError {
  static override readonly name = 'PutUnknownError';
  readonly code = 'SLUICE_PUT_UNKNOWN';
  readonly maybeAdded = true;
  readonly queue: string;
  readonly jobId: string;

  constructor(queue: string, jobId: string, options?: ErrorOptions) {
    super(`the answer to a put into ${queue} was lost; job ${jobId} may have been added`, options);
    this.queue = queue;
    this.jobId = jobId;
  }
}

/** A job with this id is there already and carries another payload, contract or version. Nothing was added. */
export class PutConflictError extends SluiceError {
  static override readonly name = 'PutConflictError';
  readonly code = 'SLUICE_PUT_CONFLICT';
  readonly queue: string;
  readonly jobId: string;

  constructor(queue: string, jobId: string) {
    super(`job ${jobId} in ${queue} exists with another payload, contract or version: give another job another id`);
    this.queue = queue;
    this.jobId = jobId;
  }
}

/**
 * A payload does not match its contract, or does not survive JSON. From a put: nothing was added.
 * From a worker: the stored payload no longer parses.
 */
export class PayloadInvalidError extends SluiceError {
  static override readonly name = 'PayloadInvalidError';
  readonly code = 'SLUICE_PAYLOAD_INVALID';
  readonly contract: string;
  readonly issues: readonly SchemaIssue[];

  constructor(contract: string, issues: readonly SchemaIssue[], options?: ErrorOptions) {
    super(`payload of ${contract} is invalid: ${describeIssues(issues)}`, options);
    this.contract = contract;
    this.issues = issues;
  }
}

/** A flow that came as JSON is none, or one of its jobs is wrong. Nothing was added. */
export class FlowInvalidError extends SluiceError {
  static override readonly name = 'FlowInvalidError';
  readonly code = 'SLUICE_FLOW_INVALID';
  /** What is wrong, each with the path from the root of the flow, such as `children[2].payload.to`. */
  readonly issues: readonly SchemaIssue[];

  constructor(issues: readonly SchemaIssue[]) {
    super(`the flow is invalid: ${describeIssues(issues)}`);
    this.issues = issues;
  }
}

/** A payload, or a result, is larger than its limit as JSON. */
export class TooLargeError extends SluiceError {
  static override readonly name = 'TooLargeError';
  readonly code = 'SLUICE_TOO_LARGE';
  readonly what: 'payload' | 'result';
  /** At least this many: counting stops early on a value that is far too large. */
  readonly bytes: number;
  readonly maxBytes: number;

  constructor(what: 'payload' | 'result', bytes: number, maxBytes: number) {
    super(
      `${what} has at least ${bytes} bytes as JSON, more than the ${maxBytes} that are allowed: store the data elsewhere, and send where it is`,
    );
    this.what = what;
    this.bytes = bytes;
    this.maxBytes = maxBytes;
  }
}

/** The fields of a {@link CallTooLargeError}. */
export interface CallTooLargeDetails {
  /** Jobs in the call, and bytes of what they carry. */
  jobs: number;
  /** The size of the call. */
  bytes: number;
  /** The most jobs that a call may have. */
  maxJobs: number;
  /** The most bytes that a call may have. */
  maxBytes: number;
}

/**
 * A call that adds all of its jobs or none, such as BullMQ's `addBulk` or a flow, has too many of them: Redis would do nothing
 * else meanwhile. Nothing was added.
 */
export class CallTooLargeError extends SluiceError {
  static override readonly name = 'CallTooLargeError';
  readonly code = 'SLUICE_CALL_TOO_LARGE';
  readonly queue: string;
  readonly jobs: number;
  readonly bytes: number;
  readonly maxJobs: number;
  readonly maxBytes: number;

  constructor(queue: string, { jobs, bytes, maxJobs, maxBytes }: CallTooLargeDetails) {
    super(
      `a call to queue ${queue} has ${jobs} jobs of ${bytes} bytes, more than the ${maxJobs} jobs or ${maxBytes} bytes that are added whole or not at all. Split it: several addBulk calls of at most ${maxJobs} jobs, or putMany of a producer; instead of a flow, several smaller ones`,
    );
    this.queue = queue;
    this.jobs = jobs;
    this.bytes = bytes;
    this.maxJobs = maxJobs;
    this.maxBytes = maxBytes;
  }
}

/** The id is no string, is empty, is too long (over 200 bytes) or holds a lone surrogate. Nothing was added. */
export class JobIdInvalidError extends SluiceError {
  static override readonly name = 'JobIdInvalidError';
  readonly code = 'SLUICE_JOB_ID_INVALID';
  readonly why: string;

  constructor(why: string) {
    super(`job id is invalid: ${why}`);
    this.why = why;
  }
}

/** The queue does not list a contract of this name. */
export class UnknownJobError extends SluiceError {
  static override readonly name = 'UnknownJobError';
  readonly code = 'SLUICE_UNKNOWN_JOB';
  readonly queue: string;
  readonly job: string;
  readonly known: readonly string[];

  constructor(queue: string, job: string, known: readonly string[]) {
    super(`queue ${queue} knows no job ${job}; it has ${known.join(', ')}: add the contract to jobs of defineQueue`);
    this.queue = queue;
    this.job = job;
    this.known = known;
  }
}

/** An option of a put is out of its range, or unknown. Nothing was added. */
export class PutOptionError extends SluiceError {
  static override readonly name = 'PutOptionError';
  readonly code = 'SLUICE_PUT_OPTION';
  /** Every option that is wrong. */
  readonly problems: readonly OptionProblem[];

  constructor(message: string, problems: readonly OptionProblem[] = []) {
    super(message);
    this.problems = problems;
  }
}
