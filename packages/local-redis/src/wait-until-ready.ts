import { setTimeout as sleep } from 'node:timers/promises';
import { askRedis } from './ask-redis.ts';
import type { LaunchedServer } from './launched-server.ts';
import { LocalRedisStartError } from './local-redis-errors.ts';

const silenceMaxMs = 15_000;
const askEveryMs = 10;

/**
 * Resolves when the server takes commands. A server that is reading its data back says so, and is waited for; one that
 * says nothing for 15 s is not.
 *
 * @throws LocalRedisStartError when it ends or stays silent
 */
export async function waitUntilReady({ url, guardian }: LaunchedServer): Promise<void> {
  let heardAt = performance.now();
  for (;;) {
    let cause: unknown;
    const reply = await askRedis(url, 'PING').catch((error: unknown) => {
      cause = error;
      return '';
    });
    if (guardian.hasEnded())
      throw new LocalRedisStartError('the Redis server ended instead of starting', guardian.printed());
    if (reply !== '' && !reply.startsWith('-LOADING')) return;
    if (reply !== '') heardAt = performance.now();
    if (performance.now() - heardAt > silenceMaxMs)
      throw new LocalRedisStartError('the Redis server stays silent', guardian.printed(), { cause });
    await sleep(askEveryMs);
  }
}
