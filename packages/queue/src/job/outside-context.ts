import { AsyncLocalStorage } from 'node:async_hooks';

const runOutside = AsyncLocalStorage.snapshot();

/**
 * Runs something outside the caller's async context: what goes on in the background, or is done for many callers at once, belongs to
 * none of them. Otherwise its commands, and the handlers that it runs, would appear under the span of the first caller.
 */
export function outsideContext<T>(run: () => T): T {
  return runOutside(run);
}
