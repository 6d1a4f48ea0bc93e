import type { HttpAnswer } from '../http/http-pool.ts';
import type { WebhookSecret } from './webhook-secret.ts';

/** No more is read of an answer, and not for longer. */
const READ_MAX_BYTES = 4 * 1_024;
const READ_MAX_MS = 1_000;
const EXCERPT_MAX_CHARS = 200;

/**
 * The beginning of an answer's body as one line, for the failure of a delivery; empty when there is none. Never throws. The
 * connection is given up, unless the whole body was short and quick.
 */
export async function excerptOf(
  answer: HttpAnswer,
  secrets: readonly WebhookSecret[],
  signal: AbortSignal,
): Promise<string> {
  const bytes = await readStart(answer, AbortSignal.any([signal, AbortSignal.timeout(READ_MAX_MS)]));
  const text = bytes
    .toString('utf8')
    .replace(/[\p{C}\p{Z}\s\uFFFD]+/gu, ' ')
    .trim();
  const shown = secrets.reduce((rest, secret) => secret.hideIn(rest), text);
  return shown.length <= EXCERPT_MAX_CHARS ? shown : `${shown.slice(0, EXCERPT_MAX_CHARS).toWellFormed()}…`;
}

async function readStart({ body }: HttpAnswer, signal: AbortSignal): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const giveUp = (): void => void body.destroy();
  body.on('error', () => {});
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes >= READ_MAX_BYTES) break;
    }
  } catch {
    // What came before the connection ended is the beginning, too.
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return Buffer.concat(chunks).subarray(0, READ_MAX_BYTES);
}
