import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from '../../auth/auth-errors.ts';
import { HttpRefusal } from '../../problems/request-errors.ts';
import { cancelJobRoute } from './cancel-job.ts';
import { dedupeRoutes } from './dedupe.ts';
import { historyRoute } from './history.ts';
import { limitsRoutes } from './limits.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { editJobRoute } from './edit-job.ts';
import { listJobsRoute } from './list-jobs.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { poolsRoutes } from './pools.ts';
import { whyRoute } from './why.ts';
import { poisonRoute } from './poison.ts';
import { schedulesRoutes } from './schedules.ts';

/** What only an operator does: one file a topic. In a scope of its own, so that its guard is no other route's. */
export function operatorRoutes(app: FastifyInstance, deps: OperatorDeps): void {
  app.register(async (scope) => {
    refuseOtherSites(scope);
    if (!deps.isOpen) refuseWithoutKey(scope);
    cancelJobRoute(scope, deps);
    historyRoute(scope, deps);
    limitsRoutes(scope, deps);
    deadLetterRoutes(scope, deps);
    editJobRoute(scope, deps);
    listJobsRoute(scope, deps);
    poolsRoutes(scope, deps);
    poisonRoute(scope, deps);
    schedulesRoutes(scope, deps);
    dedupeRoutes(scope, deps);
    whyRoute(scope, deps);
  });
}

/** As long as nobody has made a key, other routes need none. */
function refuseWithoutKey(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ sluiceKey }) => {
    if (!sluiceKey)
      throw new ForbiddenError(
        'operators need an API key (sluice keys add), or a service started with SLUICE_HTTP_OPERATOR=true',
      );
  });
}

/**
 * A page of another site may have a browser send a request without asking us first, as long as it has no body of JSON. It cannot
 * keep the browser from saying so.
 */
function refuseOtherSites(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new HttpRefusal(403, 'an operator’s request must not come from a page of another site');
  });
}
