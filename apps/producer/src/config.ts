import { commonFields, defineConfig, field, parseConfig } from '@sluice/shared';
import type { ConfigOf } from '@sluice/shared';

/** The settings of the producer service. */
export const producerConfig = defineConfig({
  ...commonFields,
  host: field.text({
    env: 'HOST',
    description: 'The address to listen on. There is no login yet, so the default is for this machine alone.',
    default: '127.0.0.1',
  }),
  port: field.wholeNumber({
    env: 'PORT',
    description: 'The port to listen on; 0 takes a free one and logs it.',
    default: '8080',
    max: 65_535,
  }),
  waitMaxMs: field.duration({
    env: 'SLUICE_WAIT_MAX_MS',
    description: 'The longest that a request may wait for room with Prefer: wait=N; a longer wish is cut to it.',
    default: '30s',
    max: 600_000,
  }),
  idempotencyMs: field.duration({
    env: 'SLUICE_IDEMPOTENCY_MS',
    description:
      'How long an id or Idempotency-Key is known after its job has ended. Until then the same put again adds nothing.',
    default: '24h',
    max: 31_536_000_000,
  }),
  drainMs: field.duration({
    env: 'SLUICE_DRAIN_MS',
    description: 'How long running requests may take to end after SIGTERM. Then they are cut off.',
    default: '20s',
    max: 3_600_000,
  }),
});

export type ProducerConfig = ConfigOf<typeof producerConfig>;

/** @throws ConfigError with all problems at once */
export function readConfig(env: NodeJS.ProcessEnv): ProducerConfig {
  return parseConfig(producerConfig, env);
}
