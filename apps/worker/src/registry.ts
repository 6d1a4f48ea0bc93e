import { defineHandler, type HandlerRegistry } from '@sluice/queue';
import { fetchUrl } from '@sluice/shared';
import { httpFetch } from './handlers/http-fetch.ts';
import type { AskHostDeps } from './http/ask-host.ts';
import type { FetchesQueue } from './queues.ts';

/** What the handlers of one process share. */
export type HandlerDeps = AskHostDeps;

/** One handler for each contract of the queue. One that is missing does not compile. */
export function createHandlers(deps: HandlerDeps): HandlerRegistry<FetchesQueue> {
  return {
    'http.fetch': defineHandler(fetchUrl, (attempt) => httpFetch(attempt, deps)),
  };
}
