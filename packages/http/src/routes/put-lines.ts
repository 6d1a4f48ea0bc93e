import type { FastifyReply, FastifyRequest } from 'fastify';
import { logFault } from '../problems/send-problem.ts';
import { problemOf } from '../problems/problem-of.ts';
import { HttpRefusal, StreamStalledError, TooManyStreamsError } from '../problems/request-errors.ts';
import { clientOf } from '../requests/client-of.ts';
import type { ClientShares } from '../requests/client-shares.ts';
import type { KeysInProgress } from '../requests/keys-in-progress.ts';
import { BODY_MAX_BYTES, STREAM_MAX, WAIT_MOST_MS } from '../requests/load-limit.ts';
import { waitSecondsOf } from '../requests/put-headers.ts';
import { whenOver } from '../requests/request-end.ts';
import type { LinesBody, ReadJson } from '../requests/read-body.ts';
import { enqueueOneOf, identityOfMany } from './enqueue.ts';
import { LineAnswers } from './line-answers.ts';
import type { PutWait } from './put-wait.ts';
import type { ServedQueue } from './served-queues.ts';

export interface PutLinesDeps {
  /** The streams that may be open. */
  readonly streams: ClientShares;
  readonly keys: KeysInProgress;
  readonly readJson: ReadJson;
  /** How long a stream may wait for capacity without getting any, in milliseconds. */
  readonly waitMaxMs: number;
  /** Fires when the service stops: streams end then. */
  readonly stopping: AbortSignal;
  /** Called with the request, whose body may come for as long as it likes. */
  readonly takesItsTime?: ((request: FastifyRequest['raw']) => void) | undefined;
}

/** How long a stream may be silent. */
const SILENT_MS = 60_000;
/** How long what still comes is read and thrown away after a stream was ended, so that its client sees the answers and not a reset. */
const LINGER_MS = 2_000;

/**
 * Jobs as lines of JSON in, for each a line with its receipt or its problem out. While the queue is full, the client is slowed.
 *
 * @throws TooManyStreamsError; OverloadedError; HeaderInvalidError
 */
export function putLines(
  request: FastifyRequest,
  reply: FastifyReply,
  { served, body, deps }: { served: ServedQueue; body: LinesBody; deps: PutLinesDeps },
): FastifyReply {
  const identity = identityOfMany(request);
  const leave = deps.streams.take(clientOf(request));
  if (!leave) throw new TooManyStreamsError();
  whenOver(reply, leave);
  request.sluiceLoad?.addBytes(STREAM_MAX.reservedBytes);
  deps.takesItsTime?.(request.raw);

  const off = new AbortController();
  const waitMs = stallMsOf(request, served, deps.waitMaxMs);
  if (waitMs > 0) reply.header('preference-applied', `wait=${Math.ceil(waitMs / 1_000)}`);
  const wait: PutWait = { waitMs: waitMs > 0 ? Infinity : 0, isOverShare: false, signal: off.signal };
  const onError = firstFaultOf(request);
  const lines = new LineAnswers({
    answer: async ({ number, bytes }) => {
      const read = (): unknown => deps.readJson(request, bytes ?? tooLong());
      return lineOf(number, await enqueueOneOf(served, read, { identity, wait, keys: deps.keys, onError }));
    },
    ending: (number, error) => lineOf(number, { problem: problemOf(error).problem }),
    callOff: (reason) => off.abort(reason),
    stalled: { afterMs: waitMs || WAIT_MOST_MS, error: () => new StreamStalledError(served.queue.name, waitMs) },
    silentMs: SILENT_MS,
  });
  endWith(reply, lines, deps.stopping);
  body.stream.on('error', () => undefined).pipe(lines);
  reply.raw.once('pipe', () => reply.raw.flushHeaders()); // a client may wait for them before it sends
  return reply.type('application/x-ndjson').send(lines);
}

/** How long a stream waits without getting any capacity; 0: it does not wait. */
function stallMsOf({ headers }: FastifyRequest, { queue }: ServedQueue, waitMaxMs: number): number {
  if (queue.whenFull !== 'wait') return 0;
  const wishMs = (waitSecondsOf(headers.prefer) ?? Infinity) * 1_000;
  return Math.min(wishMs, waitMaxMs, WAIT_MOST_MS);
}

function lineOf(line: number, answer: object): string {
  return `${JSON.stringify({ line, ...answer })}\n`;
}

function tooLong(): never {
  throw new HttpRefusal(413, `a line may have ${BODY_MAX_BYTES} bytes`);
}

/** Logs the first error that is a fault of ours: there may be one for each of a million lines. */
function firstFaultOf(request: FastifyRequest): (error: unknown) => void {
  let isLogged = false;
  return (error) => {
    isLogged ||= logFault(request, error);
  };
}

/** Ends a stream with its client, and with the service. */
function endWith({ raw, request }: FastifyReply, lines: LineAnswers, stopping: AbortSignal): void {
  const onStop = (): void => lines.stop(stopping.reason);
  stopping.addEventListener('abort', onStop, { once: true });
  raw.once('finish', () => {
    if (!request.raw.complete) setTimeout(() => request.raw.complete || request.raw.destroy(), LINGER_MS);
  });
  raw.once('close', () => {
    stopping.removeEventListener('abort', onStop);
    lines.destroy();
  });
}
