/** What the programs in `apps/` read. */
const ofPrograms = [
  'SLUICE_ALLOW_PRIVATE',
  'SLUICE_ALLOW_UNTESTED_BULLMQ',
  'SLUICE_ALLOWED_HOSTS',
  'SLUICE_APP',
  'SLUICE_BODIES_MAX_BYTES',
  'SLUICE_CAPACITY',
  'SLUICE_CONCURRENCY',
  'SLUICE_CONSOLE',
  'SLUICE_DRAIN_MS',
  'SLUICE_HEALTH_HOST',
  'SLUICE_HEALTH_PORT',
  'SLUICE_HTTP_AUTH',
  'SLUICE_HTTP_OPERATOR',
  'SLUICE_IDEMPOTENCY_MS',
  'SLUICE_KEEP_COUNT',
  'SLUICE_KEEP_MS',
  'SLUICE_LOG_LEVEL',
  'SLUICE_METRICS',
  'SLUICE_METRICS_KEY',
  'SLUICE_NAME',
  'SLUICE_PREFIX',
  'SLUICE_QUEUE',
  'SLUICE_QUEUES',
  'SLUICE_REDIS_CA_FILE',
  'SLUICE_REDIS_URL',
  'SLUICE_REQUESTS_MAX',
  'SLUICE_REVISION',
  'SLUICE_SHUTDOWN_DELAY_MS',
  'SLUICE_TELEMETRY',
  'SLUICE_UNSAFE_EVICTION',
  'SLUICE_USE_PROXY',
  'SLUICE_WEBHOOKS_PER_HOST',
  'SLUICE_WEBHOOK_SECRETS_FILE',
  'SLUICE_WAITERS_PER_CLIENT',
  'SLUICE_WAIT_MAX_MS',
  'SLUICE_WATCHES_MAX',
  'SLUICE_WATCHES_PER_CLIENT',
];
const ofCompose = ['SLUICE_HTTP_PORT', 'SLUICE_REDIS_PASSWORD', 'SLUICE_TAG'];
const ofTests = [
  'SLUICE_PICTURES',
  'SLUICE_REQUIRE_BROWSER',
  'SLUICE_REQUIRE_CLIENTS',
  'SLUICE_REQUIRE_DOCKER',
  'SLUICE_TEST_REDIS',
  'SLUICE_TEST_REDIS_BINARY',
  'SLUICE_TEST_REDIS_IMAGE',
];

/**
 * Every `SLUICE_…` variable that some part of Sluice reads. The parts share one `.env`, so none may call another's
 * variable unknown. A test compares this list with the settings.
 */
export const reservedNames: readonly string[] = Object.freeze([...ofPrograms, ...ofCompose, ...ofTests].toSorted());

/** Kubernetes announces every service to every container: one named `sluice-redis` brings these. */
const SERVICE_LINK = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** Whether a variable is none of this program's business: another part's, or the orchestrator's. */
export function isReservedByOthers(name: string, value: string | undefined): boolean {
  return reservedNames.includes(name) || SERVICE_LINK.test(name) || SERVICE_ADDRESS.test(value ?? '');
}
