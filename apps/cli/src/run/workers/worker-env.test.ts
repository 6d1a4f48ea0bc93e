import { expect, it } from 'vitest';
import { runDefaults } from '../run-options.ts';
import { workerEnv } from './worker-env.ts';

it('gives a worker the settings of its run and of no other', () => {
  const inherited = {
    PATH: '/bin',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    EMPTY: undefined,
    REDIS_URL: 'redis://elsewhere',
    SLUICE_CONCURRENCY: '99',
    SLUICE_PREFIX: 'other',
    SLUICE_USE_PROXY: 'true',
    NODE_CHANNEL_FD: '3',
  };
  const options = { ...runDefaults, input: 'urls.txt', allowPrivate: true };
  expect(workerEnv(2, { options, redisUrl: 'redis://here', queue: 'run-x', drainMs: 10_000, inherited })).toEqual({
    PATH: '/bin',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
    SLUICE_USE_PROXY: 'true',
    REDIS_URL: 'redis://here',
    SLUICE_QUEUE: 'run-x',
    SLUICE_CAPACITY: '1000',
    SLUICE_CONCURRENCY: '10',
    SLUICE_KEEP_COUNT: '4000',
    SLUICE_KEEP_MS: '604800000',
    SLUICE_ALLOW_PRIVATE: 'true',
    SLUICE_LOG_LEVEL: 'warn',
    SLUICE_DRAIN_MS: '10000',
    SLUICE_NAME: 'worker-2',
  });
});
