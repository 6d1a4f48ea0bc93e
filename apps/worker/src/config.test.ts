import { parseConfig } from '@sluice/service';
import { describe, expect, it } from 'vitest';
import { shippedConfig } from './config.ts';

describe('the settings of the shipped app', () => {
  it('all have defaults', () => {
    expect({ ...parseConfig(shippedConfig, {}) }).toEqual({
      queue: 'fetches',
      prefix: 'bull',
      capacity: 1_000,
      revision: undefined,
      keepCount: 10_000,
      keepMs: 3_600_000,
      idempotencyMs: 86_400_000,
      allowPrivate: false,
      webhookSecretsFile: undefined,
      webhooksPerHost: 5,
      useProxy: false,
    });
  });

  it('are all read', () => {
    const env = {
      SLUICE_QUEUE: 'pages',
      SLUICE_PREFIX: 'mine',
      SLUICE_CAPACITY: '50',
      SLUICE_REVISION: '3',
      SLUICE_KEEP_COUNT: '7',
      SLUICE_KEEP_MS: '2h',
      SLUICE_IDEMPOTENCY_MS: '3h',
      SLUICE_ALLOW_PRIVATE: 'yes',
      SLUICE_USE_PROXY: '1',
      SLUICE_WEBHOOK_SECRETS_FILE: '/run/secrets.json',
      SLUICE_WEBHOOKS_PER_HOST: '9',
    };
    expect({ ...parseConfig(shippedConfig, env) }).toEqual({
      queue: 'pages',
      prefix: 'mine',
      capacity: 50,
      revision: 3,
      keepCount: 7,
      keepMs: 7_200_000,
      idempotencyMs: 10_800_000,
      allowPrivate: true,
      webhookSecretsFile: '/run/secrets.json',
      webhooksPerHost: 9,
      useProxy: true,
    });
  });
});
