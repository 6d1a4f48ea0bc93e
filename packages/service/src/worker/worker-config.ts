import { CONCURRENCY_MAX } from '../app/queue-selection.ts';
import { commonFields } from '../config/common-fields.ts';
import { defineConfig, type ConfigOf, type ConfigSchema } from '../config/config.ts';
import { field } from '../config/field.ts';

const fields = {
  ...commonFields,
  concurrency: field.wholeNumber({
    env: 'SLUICE_CONCURRENCY',
    description: 'How many jobs of each queue one worker process runs at once.',
    default: '10',
    min: 1,
    max: CONCURRENCY_MAX,
  }),
  drainMs: field.duration({
    env: 'SLUICE_DRAIN_MS',
    description:
      'How long a worker that was asked to stop lets its running jobs go on. Jobs that still run then are given back to the queue, without spending an attempt. Set the stop timeout of the orchestrator at least 10 s higher.',
    default: '20s',
    max: 3_600_000,
  }),
  name: field.text({
    env: 'SLUICE_NAME',
    description: 'Name of the worker in logs and in the tools of BullMQ. Generated when it is not set.',
    optional: true,
    pattern: /^[\w.:-]{1,100}$/,
    form: '1 to 100 of A-Z a-z 0-9 . _ : -',
    example: 'worker-1',
  }),
  healthPort: field.wholeNumber({
    env: 'SLUICE_HEALTH_PORT',
    description:
      'The port on which the worker answers /livez, /readyz and /metrics; 0 chooses a free one and logs it. Without it no port is opened. The container image sets 8081.',
    optional: true,
    max: 65_535,
    example: '8081',
  }),
  healthHost: field.text({
    env: 'SLUICE_HEALTH_HOST',
    description:
      'The address on which the worker answers /livez, /readyz and /metrics. The container image sets 0.0.0.0.',
    default: '127.0.0.1',
  }),
};

/** The settings of a worker process, from its environment. */
export const workerConfig: ConfigSchema<typeof fields> = defineConfig(fields);

/** What {@link runWorker} reads. */
export type WorkerConfig = ConfigOf<typeof workerConfig>;
