import type { FetchErrorCode, fetchUrl } from '@sluice/shared';
import type { JobFailure, Result } from '@sluice/queue/contracts';
import type { BadLine, FetchLine } from '../input/fetch-line.ts';
import { describePause } from '../hosts/host-pauses.ts';

type FetchResult = Result<typeof fetchUrl>;

/** One line of the output: the result of one line of the input. */
export interface ResultLine extends Omit<FetchResult, 'url' | 'refusal' | 'worthRetrying'> {
  /** Number of the line in the input, from 1. */
  line: number;
  /** As in the input, without credentials. */
  url: string;
}

/** What came of a job, as far as its result is concerned. */
export type FetchOutcome =
  | { outcome: 'completed'; result: FetchResult; attempts: number }
  | { outcome: 'dead'; error: JobFailure; attempts: number };

/** The line for a URL that went through the queue. */
export function resultLineOf(fetched: FetchLine, settled: FetchOutcome, timeoutMs: number): ResultLine {
  const { line, shownUrl } = fetched;
  switch (settled.outcome) {
    case 'completed': {
      const { url: _url, refusal: _refusal, worthRetrying: _worthRetrying, ...result } = settled.result;
      return { line, url: shownUrl, ...result, error: withCure(result.error) };
    }
    case 'dead': {
      const error = errorOf(settled.error, fetched);
      const ms = error.code === 'TIMEOUT' ? timeoutMs : 0;
      const { attemptsBefore = 0 } = fetched;
      return { ...failedLine(line, shownUrl, error), ms, attempts: settled.attempts + attemptsBefore };
    }
    default:
      return settled satisfies never;
  }
}

/** Only the command knows the option that the worker's setting has here. */
function withCure(error: FetchResult['error']): FetchResult['error'] {
  if (error?.code !== 'BLOCKED_ADDRESS') return error;
  return { ...error, message: `${error.message}; --allow-private fetches such addresses too` };
}

/** The line for what is no URL, and so never went into the queue. */
export function badLineResult({ line, shownUrl, message }: BadLine): ResultLine {
  return failedLine(line, shownUrl, { code: 'BAD_URL', message: `line ${line}: ${message}` });
}

/** The line for a URL whose host asked to be left alone for too long, in a run that no other goes on with. */
export function givenUpResult({ line, shownUrl, host }: FetchLine, forMs: number): ResultLine {
  const message = `not fetched: ${host} asks to be left alone ${describePause(forMs)}, in all longer than --retry-after-max`;
  return failedLine(line, shownUrl, { code: 'HTTP', message });
}

/** The line for a URL whose job is gone without a result, however often it was put again. */
export function lostLineResult({ line, shownUrl }: FetchLine): ResultLine {
  return failedLine(line, shownUrl, { code: 'RESET', message: 'the result was lost: its job was removed from Redis' });
}

function failedLine(line: number, url: string, error: { code: FetchErrorCode; message: string }): ResultLine {
  return {
    line,
    url,
    ok: false,
    status: null,
    finalUrl: null,
    ms: 0,
    bytes: 0,
    sha256: null,
    contentType: null,
    attempts: 0,
    error,
  };
}

/** Failures of the job itself, in the words of the result. The worker reports failures of the far end as results. */
const codeOfFailure: Readonly<Record<string, FetchErrorCode>> = {
  SLUICE_JOB_TIMEOUT: 'TIMEOUT',
  SLUICE_TOO_LARGE: 'TOO_LARGE',
  SLUICE_JOB_INTERRUPTED: 'RESET',
  SLUICE_LEASE_LOST: 'RESET',
  SLUICE_JOB_CRASHED: 'RESET',
};

function errorOf(failure: JobFailure, { url, shownUrl }: FetchLine): { code: FetchErrorCode; message: string } {
  const code = codeOfFailure[failure.code] ?? 'HTTP';
  const message = failure.message.replaceAll(url, shownUrl);
  return { code, message: code === 'RESET' ? `the worker that fetched it was lost (${message})` : message };
}
