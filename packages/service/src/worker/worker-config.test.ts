import { inspect } from 'node:util';
import { ConfigError } from '@sluice/queue/contracts';

import { describe, expect, it } from 'vitest';
import { parseConfig } from '../config/config.ts';
import { workerConfig } from './worker-config.ts';

const least = { REDIS_URL: 'redis://127.0.0.1:6379' };

describe('the worker’s configuration', () => {
  it('needs nothing but a Redis', () => {
    expect({ ...parseConfig(workerConfig, least) }).toEqual({
      redisUrl: 'redis://127.0.0.1:6379',
      app: undefined,
      queues: undefined,
      concurrency: 10,
      drainMs: 20_000,
      name: undefined,
      unsafeEviction: 'warn',
      allowUntestedBullmq: false,
      healthPort: undefined,
      metrics: true,
      healthHost: '127.0.0.1',
      logLevel: 'info',
    });
  });

  it('reads every setting', () => {
    const env = {
      REDIS_URL: 'unix:///run/redis.sock',
      SLUICE_APP: './app.js',
      SLUICE_QUEUES: 'emails, fetches=5',
      SLUICE_CONCURRENCY: '3',
      SLUICE_DRAIN_MS: '1500',
      SLUICE_NAME: 'worker-1',
      SLUICE_UNSAFE_EVICTION: 'refuse',
      SLUICE_ALLOW_UNTESTED_BULLMQ: 'true',
      SLUICE_HEALTH_PORT: '8081',
      SLUICE_HEALTH_HOST: '0.0.0.0',
      SLUICE_METRICS: 'false',
      SLUICE_LOG_LEVEL: 'debug',
    };
    expect({ ...parseConfig(workerConfig, env) }).toEqual({
      redisUrl: 'unix:///run/redis.sock',
      app: './app.js',
      queues: [{ name: 'emails' }, { name: 'fetches', concurrency: 5 }],
      concurrency: 3,
      drainMs: 1_500,
      name: 'worker-1',
      unsafeEviction: 'refuse',
      allowUntestedBullmq: true,
      healthPort: 8_081,
      healthHost: '0.0.0.0',
      metrics: false,
      logLevel: 'debug',
    });
  });

  it('reports all problems at once, and what a misspelt name was meant to be', () => {
    const env = { SLUICE_CONCURRENCY: '0', SLUICE_DRAIN_MS: 'long', SLUICE_QUEUES: 'a=0', SLUICE_CONCURENCY: '1' };
    const read = () => parseConfig(workerConfig, env);
    expect(read).toThrow(ConfigError);
    expect(read).toThrow(/REDIS_URL is not set/);
    expect(read).toThrow(/SLUICE_CONCURRENCY must be/);
    expect(read).toThrow(/SLUICE_DRAIN_MS must be/);
    expect(read).toThrow(/did you mean SLUICE_CONCURRENCY/);
  });

  it('takes SLUICE_REDIS_URL before REDIS_URL, and names it when it is wrong', () => {
    const both = { ...least, SLUICE_REDIS_URL: 'redis://127.0.0.1:7000' };
    expect(parseConfig(workerConfig, both).redisUrl).toBe('redis://127.0.0.1:7000');
    expect(() => parseConfig(workerConfig, { ...least, SLUICE_REDIS_URL: 'http://h' })).toThrow(
      /SLUICE_REDIS_URL must be/,
    );
  });

  it('counts less than what the program gives', () => {
    const given = { redisUrl: 'redis://given', concurrency: 3, drainMs: undefined };
    expect(parseConfig(workerConfig, { SLUICE_CONCURRENCY: '7', SLUICE_DRAIN_MS: '1s' }, given)).toMatchObject({
      redisUrl: 'redis://given',
      concurrency: 3,
      drainMs: 1_000,
    });
  });

  it('never shows the password of Redis', () => {
    const config = parseConfig(workerConfig, { REDIS_URL: 'redis://user:hunter2@redis:6379' });
    expect(config.redisUrl).toContain('hunter2');
    expect(JSON.stringify(config) + inspect(config)).not.toContain('hunter2');
  });
});
