import { inspect } from 'node:util';
import { ConfigError } from '@sluice/queue/contracts';
import { parseConfig } from '@sluice/service';
import { describe, expect, it } from 'vitest';
import { workerConfig } from './config.ts';

const least = { REDIS_URL: 'redis://127.0.0.1:6379' };

describe('the worker’s configuration', () => {
  it('needs nothing but a Redis', () => {
    expect({ ...parseConfig(workerConfig, least) }).toEqual({
      redisUrl: 'redis://127.0.0.1:6379',
      queue: 'fetches',
      prefix: 'bull',
      capacity: 1_000,
      concurrency: 10,
      keepCount: 10_000,
      keepMs: 3_600_000,
      drainMs: 20_000,
      name: undefined,
      allowPrivate: false,
      useProxy: false,
      unsafeEviction: 'warn',
      allowUntestedBullmq: false,
      healthPort: undefined,
      healthHost: '127.0.0.1',
      logLevel: 'info',
    });
  });

  it('reads every setting', () => {
    const env = {
      REDIS_URL: 'unix:///run/redis.sock',
      SLUICE_QUEUE: 'pages',
      SLUICE_PREFIX: 'mine',
      SLUICE_CAPACITY: '50',
      SLUICE_CONCURRENCY: '3',
      SLUICE_KEEP_COUNT: '7',
      SLUICE_KEEP_MS: '2h',
      SLUICE_DRAIN_MS: '1500',
      SLUICE_NAME: 'worker-1',
      SLUICE_ALLOW_PRIVATE: 'yes',
      SLUICE_USE_PROXY: '1',
      SLUICE_UNSAFE_EVICTION: 'refuse',
      SLUICE_ALLOW_UNTESTED_BULLMQ: 'true',
      SLUICE_HEALTH_PORT: '8081',
      SLUICE_HEALTH_HOST: '0.0.0.0',
      SLUICE_LOG_LEVEL: 'debug',
    };
    expect({ ...parseConfig(workerConfig, env) }).toEqual({
      redisUrl: 'unix:///run/redis.sock',
      queue: 'pages',
      prefix: 'mine',
      capacity: 50,
      concurrency: 3,
      keepCount: 7,
      keepMs: 7_200_000,
      drainMs: 1_500,
      name: 'worker-1',
      allowPrivate: true,
      useProxy: true,
      unsafeEviction: 'refuse',
      allowUntestedBullmq: true,
      healthPort: 8_081,
      healthHost: '0.0.0.0',
      logLevel: 'debug',
    });
  });

  it('reports all problems at once, and what a misspelt name was meant to be', () => {
    const env = { SLUICE_CONCURRENCY: '0', SLUICE_ALLOW_PRIVATE: 'maybe', SLUICE_ALOW_PRIVATE: 'true' };
    const read = () => parseConfig(workerConfig, env);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/REDIS_URL is not set/);
    expect(read).toThrow(/SLUICE_CONCURRENCY must be/);
    expect(read).toThrow(/SLUICE_ALLOW_PRIVATE must be/);
    expect(read).toThrow(/did you mean SLUICE_ALLOW_PRIVATE/);
  });

  it('never shows the password of Redis', () => {
    const config = parseConfig(workerConfig, { REDIS_URL: 'redis://user:hunter2@redis:6379' });
    expect(config.redisUrl).toContain('hunter2');
    expect(JSON.stringify(config) + inspect(config)).not.toContain('hunter2');
  });
});
