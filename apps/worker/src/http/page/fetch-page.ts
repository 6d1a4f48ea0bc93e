import { limits, type Payload } from '@sluice/queue/contracts';
import type { fetchUrl } from '@sluice/shared';
import { type AskHostDeps, pauseAskedBy } from '../hosts/ask-host.ts';
import { BodySink } from '../body/body-sink.ts';
import { textOf } from '../body/body-text.ts';
import { jsonOf } from '../body/body-json.ts';
import { hostKey, parseTarget } from './fetch-target.ts';
import { followRedirects } from './follow-redirects.ts';
import { HostRefusal } from '../hosts/host-refusal.ts';
import type { HttpAnswer } from '../http-pool.ts';
import { type PageRecord, resultTooLarge } from './page-record.ts';
import { readBody, skipBody } from '../body/read-body.ts';
import { contentEncodingOf, contentLengthOf } from '../response/response-headers.ts';
import { statusError } from '../errors/fetch-error.ts';

export interface FetchPageOptions extends AskHostDeps {
  signal: AbortSignal;
  /** Whether a failure that is worth another try will get one: its body is not read then. */
  willRetry: boolean;
}

/** Answers that have no body by their status: no fault when JSON was asked for. */
const EMPTY_STATUSES: ReadonlySet<number | null> = new Set([204, 205]);

/** A larger body cannot be part of a result, so it is not kept. */
const KEEP_MAX_BYTES = limits.resultMaxBytes;

/**
 * Fetches one page into a record: redirects, status, body, digest.
 *
 * @throws FetchError for what went wrong, HostRefusal when its host asks to be left alone; the record then holds what was
 *   learned until then
 */
export async function fetchPage(
  page: PageRecord,
  payload: Payload<typeof fetchUrl>,
  options: FetchPageOptions,
): Promise<void> {
  const { maxRedirects } = payload;
  const answer = await followRedirects(page, parseTarget(payload.url), { ...options, maxRedirects });
  const refusal = refusalIn(answer, page);
  if (refusal) {
    await skipBody(answer, options.signal);
    throw refusal;
  }
  const failure = statusError(answer.statusCode);
  if (failure?.worthRetrying && options.willRetry) await skipBody(answer, options.signal);
  // A body of an error that cannot be read changes nothing about the error.
  else if (failure) await takeBody(page, answer, payload, options.signal).catch(() => {});
  else page.body = bodyValue(page, await takeBody(page, answer, payload, options.signal), payload);
  if (failure) throw failure;
}

function refusalIn(answer: HttpAnswer, { finalUrl }: PageRecord): HostRefusal | null {
  const askedMs = pauseAskedBy(answer);
  return askedMs === null || finalUrl === null
    ? null
    : new HostRefusal(hostKey(new URL(finalUrl)), askedMs, answer.statusCode);
}

/** Reads the body and notes its size and digest. */
async function takeBody(
  page: PageRecord,
  answer: HttpAnswer,
  { body, maxBodyBytes }: Payload<typeof fetchUrl>,
  signal: AbortSignal,
): Promise<BodySink> {
  const encoded = {
    stream: answer.body,
    contentEncoding: contentEncodingOf(answer),
    contentLength: contentLengthOf(answer),
  };
  const sink = new BodySink({ maxBytes: maxBodyBytes, keepMaxBytes: body === 'none' ? 0 : KEEP_MAX_BYTES });
  try {
    await readBody(encoded, sink, { maxBytes: maxBodyBytes, signal });
    page.sha256 = sink.digest();
    return sink;
  } finally {
    page.bytes = sink.bytes;
  }
}

/** The body as it was asked for; undefined when it was not, or when there is none to parse. */
function bodyValue(page: PageRecord, sink: BodySink, { body }: Payload<typeof fetchUrl>): PageRecord['body'] {
  if (body === 'none') return undefined;
  const kept = sink.kept();
  if (kept === null) throw resultTooLarge();
  if (body === 'text') return textOf(kept, page.contentType);
  return EMPTY_STATUSES.has(page.status) && kept.length === 0 ? undefined : jsonOf(kept, page.contentType);
}
