import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { startTestSite, type TestSite } from './test-site.ts';

/** A webhook as its receiver got it. */
export interface ReceivedWebhook {
  readonly method: string | undefined;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface WebhookReceiver extends TestSite {
  /** All that came, in order. */
  readonly received: readonly ReceivedWebhook[];
}

/** Keeps what comes, and then answers: 204 by default. */
export async function startWebhookReceiver(
  answer: (response: ServerResponse, count: number) => void = (response) => void response.writeHead(204).end(),
): Promise<WebhookReceiver> {
  const received: ReceivedWebhook[] = [];
  const site = await startTestSite(async (request, response) => {
    const body = await text(request);
    received.push({ method: request.method, headers: request.headers as Record<string, string>, body });
    answer(response, received.length);
  });
  return { ...site, received };
}
