/**
 * Every variable that some part of Sluice reads. Programs share one `.env`, so none may call another's variable unknown.
 * A test compares this list with the programs' settings.
 */
export const reservedNames: readonly string[] = [
  'SLUICE_ALLOW_PRIVATE',
  'SLUICE_CAPACITY',
  'SLUICE_CONCURRENCY',
  'SLUICE_DRAIN_MS',
  'SLUICE_HOST',
  'SLUICE_LOG_LEVEL',
  'SLUICE_NAME',
  'SLUICE_PORT',
  'SLUICE_PREFIX',
  'SLUICE_QUEUE',
  // Of the tests alone.
  'SLUICE_REQUIRE_DOCKER',
];

/** Kubernetes tells every container of every service: one named `sluice-redis` brings these. */
const SERVICE_LINK = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/;
const SERVICE_ADDRESS = /^(tcp|udp|sctp):\/\//;

/** Whether a variable is none of this program's business: another program's, or the orchestrator's. */
export function isReservedByOthers(name: string, value: string | undefined): boolean {
  return reservedNames.includes(name) || SERVICE_LINK.test(name) || SERVICE_ADDRESS.test(value ?? '');
}
