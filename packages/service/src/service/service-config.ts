import { BODY_MAX_BYTES, loadDefaults, WAIT_MOST_MS, watchDefaults } from '@sluice/http/limits';
import { commonFields } from '../config/common-fields.ts';
import { defineConfig, type ConfigOf, type ConfigSchema } from '../config/config.ts';
import { field } from '../config/field.ts';

const fields = {
  ...commonFields,
  host: field.text({
    env: 'HOST',
    description:
      'The address to listen on. The default is for this machine alone; any other needs an API key to exist, or SLUICE_HTTP_AUTH.',
    default: '127.0.0.1',
  }),
  port: field.wholeNumber({
    env: 'PORT',
    description: 'The port to listen on; 0 chooses a free one and logs it.',
    default: '8080',
    max: 65_535,
  }),
  allowedHosts: field.list({
    env: 'SLUICE_ALLOWED_HOSTS',
    description:
      'Host names that requests may be sent to, in addition to addresses, localhost and names without a dot; * for any. Without it Host is only checked while HOST is a loopback address: otherwise a page in a browser on this machine could reach the service under a name of its own (DNS rebinding).',
    optional: true,
    example: 'jobs.example.com',
  }),
  auth: field.choice({
    env: 'SLUICE_HTTP_AUTH',
    description:
      'Whether requests need an API key (sluice keys add): keys always, none never, because only trusted clients reach the address, auto once anybody has made one; until then it listens on a loopback address only.',
    of: ['auto', 'keys', 'none'],
    default: 'auto',
  }),
  operator: field.flag({
    env: 'SLUICE_HTTP_OPERATOR',
    description:
      'Opens the routes that only an operator uses, such as cancelling a job, to requests that need no API key: each client that reaches the address may use them. With keys, their verbs decide.',
    default: 'false',
  }),
  metricsKey: field.flag({
    env: 'SLUICE_METRICS_KEY',
    description:
      'Whether /metrics needs an API key that may read all queues of the service, where API keys are asked for.',
    default: 'true',
  }),
  console: field.flag({
    env: 'SLUICE_CONSOLE',
    description:
      'Serves the console, a page at / that shows the queues. It steers them with an API key that may operate, or with SLUICE_HTTP_OPERATOR.',
    default: 'false',
  }),
  requestsMax: field.wholeNumber({
    env: 'SLUICE_REQUESTS_MAX',
    description:
      'The most requests in flight at once, including those that wait for capacity. Further ones are refused at once with 503.',
    default: String(loadDefaults.requestsMax),
    min: 1,
    max: 1_000_000,
  }),
  bodiesMaxBytes: field.wholeNumber({
    env: 'SLUICE_BODIES_MAX_BYTES',
    description:
      'The most bytes that the bodies of all requests in flight may have together; the process needs about five times as much. Further ones are refused at once with 503.',
    default: String(loadDefaults.bodiesMaxBytes),
    min: BODY_MAX_BYTES,
  }),
  waitMaxMs: field.duration({
    env: 'SLUICE_WAIT_MAX_MS',
    description:
      'The longest time that a request may wait for capacity with Prefer: wait=N; a larger N is reduced to it.',
    default: '30s',
    max: WAIT_MOST_MS,
  }),
  waitersPerClient: field.wholeNumber({
    env: 'SLUICE_WAITERS_PER_CLIENT',
    description:
      'How many puts of one client may wait for capacity at once: of one API key, else of one address. Others are tried once. Without it half of SLUICE_REQUESTS_MAX. Behind a reverse proxy all clients without keys are one.',
    optional: true,
    min: 1,
    max: 1_000_000,
  }),
  watchesMax: field.wholeNumber({
    env: 'SLUICE_WATCHES_MAX',
    description:
      'The most requests at once that wait for what happens to jobs and queues. Further ones are refused at once with 503.',
    default: String(watchDefaults.watchesMax),
    min: 1,
    max: 1_000_000,
  }),
  watchesPerClient: field.wholeNumber({
    env: 'SLUICE_WATCHES_PER_CLIENT',
    description:
      'The most of them that one client may have: an API key, or an address where no key is asked for. Further ones are refused at once with 429.',
    default: String(watchDefaults.watchesPerClient),
    min: 1,
    max: 1_000_000,
  }),
  shutdownDelayMs: field.duration({
    env: 'SLUICE_SHUTDOWN_DELAY_MS',
    description:
      'How long the service goes on answering after SIGTERM, while /readyz returns 503, so that load balancers notice before it stops listening. SIGINT does not wait.',
    default: '5s',
    max: 600_000,
  }),
  drainMs: field.duration({
    env: 'SLUICE_DRAIN_MS',
    description:
      'How long running requests may take to end once the service has stopped listening. Then they are cut off.',
    default: '20s',
    max: 3_600_000,
  }),
};

/** The settings of an HTTP service, from its environment. */
export const serviceConfig: ConfigSchema<typeof fields> = defineConfig(fields);

/** What {@link runService} reads. */
export type ServiceConfig = ConfigOf<typeof serviceConfig>;
