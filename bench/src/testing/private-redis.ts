import { type LocalRedis, startLocalRedis } from '@sluice/local-redis';
import { connectClient } from '@sluice/testing';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { socketOf } from '../redis-meter.ts';

export interface PrivateRedis {
  readonly socketPath: string;
  readonly client: Redis;
}

/** Gives the tests of a file a Redis of their own, which is empty before each, and a client of it. Read it inside a test. */
export function usePrivateRedis(): PrivateRedis {
  let redis: LocalRedis;
  let client: Redis;
  beforeAll(async () => {
    redis = await startLocalRedis();
    client = await connectClient(redis.url);
  });
  afterAll(async () => {
    client.disconnect();
    await redis.stop();
  });
  beforeEach(() => client.flushall());
  return {
    get socketPath() {
      return socketOf(redis);
    },
    get client() {
      return client;
    },
  };
}
