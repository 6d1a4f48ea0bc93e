import type { AllQueues, StoredApiKey } from '@sluice/queue';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callBack } from '../requests/call-back.ts';
import { ForbiddenError, UnauthorizedError } from './auth-errors.ts';
import type { KeyRing } from './key-ring.ts';
import { RateLimits } from './rate-limits.ts';
import { cookieKeyOf, refuseOtherOrigins } from './session-cookie.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The API key that it came with; null where none is asked for. */
    sluiceKey: StoredApiKey | null;
    /** Whose API key it came with; empty where none is asked for. */
    sluiceClient: string;
  }
}

/** Who may use the API. */
export interface Access {
  /** The keys that are asked for. Undefined: none is. */
  readonly keys?: KeyRing | undefined;
  /** Whether requests need no key as long as nobody has made one. */
  readonly isOpenAtFirst?: boolean;
  /** Where keys are made and changes are noted. */
  readonly registry?: Pick<AllQueues, 'apiKeys' | 'audit'> | undefined;
}

/** Asks each request for a key that allows its route and its queue; those that are `always` answered are open to all. */
export function authenticateRequests(app: FastifyInstance, { keys, isOpenAtFirst = false }: Access): void {
  app.decorateRequest('sluiceKey', null);
  app.decorateRequest('sluiceClient', '');
  if (!keys) return;
  const rates = new RateLimits();
  app.addHook('onRequest', (request, _reply, done) => {
    const { verb } = request.routeOptions.config.sluice ?? {};
    if (!verb) return done();
    const bearer = bearerOf(request);
    const text = bearer ?? cookieKeyOf(request);
    if (text === undefined && isOpenAtFirst && keys.isEmpty) return done();
    const key = text === undefined ? undefined : keys.find(text);
    if (!key) throw new UnauthorizedError(text !== undefined);
    if (bearer === undefined) refuseOtherOrigins(request);
    request.sluiceKey = key;
    request.sluiceClient = key.client;
    if (!key.verbs.includes(verb)) throw new ForbiddenError(`this API key does not allow ${verb}`);
    const { queue } = request.params as { queue?: string };
    if (queue !== undefined && !isOpenTo(request, queue))
      throw new ForbiddenError(`this API key is not for queue ${queue}`);
    if (key.perSecond === null) return done();
    void callBack(rates.take(key), done);
  });
}

/** Whether the client of a request may use this queue. For routes that are about several. */
export function isOpenTo({ sluiceKey }: FastifyRequest, queue: string): boolean {
  return sluiceKey === null || sluiceKey.queues.includes('*') || sluiceKey.queues.includes(queue);
}

/** Undefined without the header. What is no bearer token is no key. */
function bearerOf({ headers: { authorization } }: FastifyRequest): string | undefined {
  return authorization === undefined ? undefined : (/^Bearer +(\S+) *$/i.exec(authorization)?.[1] ?? '');
}
