import { type PutConflictError, SluiceError, type SchemaIssue } from '@sluice/queue/contracts';

/** No queue of this name is served here. */
export class UnknownQueueError extends SluiceError {
  readonly code = 'SLUICE_UNKNOWN_QUEUE';

  constructor(queue: string, known: readonly string[]) {
    super(`no queue ${queue} here; there is ${known.join(', ')}`);
  }
}

/** The job was never put, or is no longer kept. */
export class JobNotFoundError extends SluiceError {
  readonly code = 'SLUICE_JOB_NOT_FOUND';

  constructor(queue: string, jobId: string) {
    super(`queue ${queue} has no job ${jobId}, or no longer keeps it`);
  }
}

/** The body is JSON, but not a put: an unknown key, a wrong type, a number out of its range. Nothing was added. */
export class BodyInvalidError extends SluiceError {
  readonly code = 'SLUICE_BODY_INVALID';
  readonly issues: readonly SchemaIssue[];

  constructor(issues: readonly SchemaIssue[]) {
    super(`${issues.length} ${issues.length === 1 ? 'field is' : 'fields are'} wrong`);
    this.issues = issues;
  }
}

/** A header cannot be understood, or contradicts the body. Nothing was added. */
export class HeaderInvalidError extends SluiceError {
  readonly code = 'SLUICE_HEADER_INVALID';
}

/** The `Idempotency-Key` was used for another payload. Nothing was added. */
export class KeyReusedError extends SluiceError {
  readonly code = 'SLUICE_KEY_REUSED';
  readonly queue: string;
  readonly jobId: string;

  constructor(cause: PutConflictError) {
    super('this Idempotency-Key was used for another payload; each put needs a key of its own', { cause });
    this.queue = cause.queue;
    this.jobId = cause.jobId;
  }
}

/** A put with this `Idempotency-Key` has not been answered yet. This one added nothing. */
export class KeyInProgressError extends SluiceError {
  readonly code = 'SLUICE_KEY_IN_PROGRESS';

  constructor() {
    super('a put with this Idempotency-Key has not been answered yet');
  }
}

/** The queue is full, and as many puts of this client wait for capacity as may. Nothing was added. */
export class WaiterShareError extends SluiceError {
  readonly code = 'SLUICE_WAITER_SHARE';
  readonly queue: string;

  constructor(queue: string) {
    super(`queue ${queue} is full, and as many puts of this client wait for capacity as may`);
    this.queue = queue;
  }
}

/** As many streams of lines are open as may be, of this client or in all. Nothing was added. */
export class TooManyStreamsError extends SluiceError {
  readonly code = 'SLUICE_TOO_MANY_STREAMS';

  constructor() {
    super('as many streams of lines are open as may be, of this client or in all');
  }
}

/** The queue had no free capacity for any line of a stream for as long as it waits. This line was not added. */
export class StreamStalledError extends SluiceError {
  readonly code = 'SLUICE_STREAM_STALLED';
  readonly queue: string;
  readonly waitedMs: number;

  constructor(queue: string, waitedMs: number) {
    super(`queue ${queue} had no free capacity for this stream for ${waitedMs} ms`);
    this.queue = queue;
    this.waitedMs = waitedMs;
  }
}

/** The service is stopping: it takes nothing new, and a put that waited for capacity was cancelled. */
export class ServiceStoppingError extends SluiceError {
  readonly code = 'SLUICE_SERVICE_STOPPING';

  constructor() {
    super('the service is stopping');
  }
}

/** The client closed its connection before the answer. Nobody reads it any more. */
export class ClientGoneError extends SluiceError {
  readonly code = 'SLUICE_CLIENT_GONE';

  constructor() {
    super('the client closed the connection');
  }
}

/** As many requests are under way as this process may hold. Nothing was added; another instance may have free capacity. */
export class OverloadedError extends SluiceError {
  readonly code = 'SLUICE_OVERLOADED';

  constructor() {
    super('too many requests are under way here');
  }
}

/** The client waits for as much as one client may: with long polls and event streams. */
export class TooManyWatchesError extends SluiceError {
  readonly code = 'SLUICE_TOO_MANY_WATCHES';

  constructor(watches: number) {
    super(`this client has ${watches} long polls and event streams open here already`);
  }
}

/** What HTTP itself has a status for, and nothing of ours to add. */
export class HttpRefusal extends Error {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(statusCode: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(detail);
    this.statusCode = statusCode;
    this.headers = headers;
  }
}
