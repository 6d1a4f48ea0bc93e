import type { RouteOptions } from 'fastify';
import type { ProblemCode } from '../problems/error-responses.ts';

/** What any route may answer that Redis, keys and limits stand behind. */
const OF_ALL: readonly ProblemCode[] = [
  'SLUICE_SERVICE_STOPPING',
  'SLUICE_OVERLOADED',
  'SLUICE_CLIENT_GONE',
  // Also of a body that nobody asked for.
  'SLUICE_BODY_INVALID',
];
const OF_VERBS: readonly ProblemCode[] = [
  'SLUICE_UNAUTHORIZED',
  'SLUICE_FORBIDDEN',
  'SLUICE_RATE_LIMITED',
  'SLUICE_REDIS_UNAVAILABLE',
  'SLUICE_REDIS_UNSUITABLE',
  'SLUICE_OPTION',
];
const OF_PUTS: readonly ProblemCode[] = [
  'SLUICE_UNKNOWN_JOB',
  'SLUICE_PAYLOAD_INVALID',
  'SLUICE_JOB_ID_INVALID',
  'SLUICE_PUT_OPTION',
  'SLUICE_HEADER_INVALID',
  'SLUICE_PUT_CONFLICT',
  'SLUICE_KEY_REUSED',
  'SLUICE_KEY_IN_PROGRESS',
  'SLUICE_WAITER_SHARE',
  'SLUICE_TOO_LARGE',
  'SLUICE_QUEUE_FULL',
  'SLUICE_QUEUE_CLOSED',
  'SLUICE_PUT_UNKNOWN',
];

export interface ProblemRoute {
  readonly url: string;
  readonly config?: RouteOptions['config'] | undefined;
}

/** The codes of the problems that a route may answer with. What HTTP itself has a status for has none. */
export function problemsOf({ url, config }: ProblemRoute): ProblemCode[] {
  const { verb, doc } = config?.sluice ?? {};
  if (!doc) return [];
  const ofQueue = url.includes('/:queue');
  const codes: ProblemCode[] = [
    ...OF_ALL,
    ...(verb ? OF_VERBS : []),
    ...(ofQueue ? (['SLUICE_UNKNOWN_QUEUE'] as const) : []),
    ...(url.includes('/:id') ? (['SLUICE_JOB_NOT_FOUND'] as const) : []),
    // In the path, or among those in the body.
    ...(/\/:id|dead-letters/.test(url) ? (['SLUICE_JOB_ID_INVALID'] as const) : []),
    ...(verb === 'put' ? OF_PUTS : []),
    ...(doc.problems ?? []),
  ];
  return [...new Set(codes)].toSorted();
}
