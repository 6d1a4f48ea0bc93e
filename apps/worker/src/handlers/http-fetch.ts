import { JobTimeoutError, type Payload, type Result, RetryLaterError } from '@sluice/queue/contracts';
import type { fetchUrl } from '@sluice/shared';
import type { AskHostDeps } from '../http/hosts/ask-host.ts';
import { classifyError } from '../http/errors/classify-error.ts';
import { FetchError } from '../http/errors/fetch-error.ts';
import { fetchPage } from '../http/page/fetch-page.ts';
import { withoutCredentials } from '../http/page/fetch-target.ts';
import { fitResult, newPageRecord, type PageRecord } from '../http/page/page-record.ts';
import { afterRefusal, HostRefusal } from '../http/hosts/host-refusal.ts';
import type { OwnShortage } from '../http/errors/own-shortage.ts';
import type { RefusalCounts } from '../http/hosts/refusal-counts.ts';

/** What the handler needs of an attempt. */
export interface FetchAttempt {
  id: string;
  payload: Payload<typeof fetchUrl>;
  attempt: number;
  maxAttempts: number;
  signal: AbortSignal;
}

export interface HttpFetchDeps extends AskHostDeps {
  refusals: RefusalCounts;
  shortage: OwnShortage;
}

/** The longest pause that a pool grants. */
const RETRY_AFTER_MAX_MS = 86_400_000;

/**
 * Runs `http.fetch`: what goes wrong at the far end becomes a result with an error, a timeout included.
 *
 * @throws FetchError to be tried again, while attempts are left: what may be over in a moment, such as a connection that is
 * refused, silent or cut, a name server without an answer, a timeout, a 5xx or 429 answer; a result with a mark when the caller retries
 * @throws RetryLaterError while the host has asked to be left alone, or this machine can open no connection; no attempt is spent
 */
export async function httpFetch(job: FetchAttempt, deps: HttpFetchDeps): Promise<Result<typeof fetchUrl>> {
  const { payload, maxAttempts, signal } = job;
  const attempt = job.attempt + payload.attemptsBefore;
  const startedMs = performance.now();
  const page = newPageRecord();
  const willRetry = attempt < maxAttempts;
  const trouble = await fetchPage(page, payload, { ...deps, signal, willRetry }).then(
    () => null,
    (error: unknown) => failureOf(error, signal),
  );
  if (page.status !== null) deps.shortage.isOver();
  const failure = trouble && (await waitOrFail(trouble, job, deps));
  const isPassing = failure?.worthRetrying === true && willRetry;
  if (isPassing && !isRetriedByCaller(failure, payload)) throw failure;
  deps.refusals.forget(job.id);
  const ms = Math.round(performance.now() - startedMs);
  const mark = isPassing ? { worthRetrying: true as const } : {};
  return fitResult(toResult(page, failure, { url: withoutCredentials(payload.url), ms, attempts: attempt, ...mark }));
}

/** A caller that learns of an overload would ask for other pages meanwhile: that job waits instead. */
function isRetriedByCaller({ overload }: FetchError, { retryByCaller = false }: Payload<typeof fetchUrl>): boolean {
  return retryByCaller && !overload;
}

/** @throws the error itself when the far end did not cause it: an interruption, a pause of the host, a fault of ours */
function failureOf(error: unknown, signal: AbortSignal): FetchError {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    if (reason instanceof JobTimeoutError) return new FetchError('TIMEOUT', reason.message, { worthRetrying: true });
    throw reason;
  }
  const failure = classifyError(error);
  if (!failure) throw error;
  return failure;
}

/** @throws RetryLaterError for what no attempt is spent on: the host asked to be left alone, or this machine is short of something */
async function waitOrFail(
  failure: FetchError,
  { id, payload, signal }: FetchAttempt,
  deps: HttpFetchDeps,
): Promise<FetchError> {
  if (failure.failure === 'SHORTAGE') await deps.shortage.wait(signal);
  if (!(failure instanceof HostRefusal)) return failure;
  const refusals = failure.status === null ? 0 : deps.refusals.add(id);
  const { retryAfterMaxMs = RETRY_AFTER_MAX_MS } = payload;
  const next = afterRefusal(failure, { retryAfterMaxMs, refusals });
  if (next instanceof RetryLaterError) throw next;
  return next;
}

function toResult(
  { body, ...page }: PageRecord,
  failure: FetchError | null,
  about: Pick<Result<typeof fetchUrl>, 'url' | 'ms' | 'attempts' | 'worthRetrying'>,
): Result<typeof fetchUrl> {
  const error = failure && { code: failure.failure, message: failure.message };
  const refusal =
    failure instanceof HostRefusal ? { refusal: { host: failure.host, retryAfterMs: failure.retryAfterMs } } : {};
  return { ...about, ...page, ok: failure === null, error, ...refusal, ...(body === undefined ? {} : { body }) };
}
