import { fetchUrl } from '@sluice/shared';

/** A day, as in the queue. */
const delayMaxMs = 86_400_000;

/** How long a line waits after this many attempts, in milliseconds: as long as the contract of its job says. */
export function retryDelayMs(attempts: number, random = Math.random): number {
  const { delayMs, jitter } = fetchUrl.retry.backoff;
  const fullMs = Math.min(delayMaxMs, delayMs * 2 ** (attempts - 1));
  return Math.floor(fullMs * (1 - jitter * random()));
}
