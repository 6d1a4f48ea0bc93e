import type { FastifyInstance } from 'fastify';
import { cancelJobRoute } from './cancel-job.ts';
import { capacityRoutes } from './capacity.ts';
import { jobLogsRoute } from './job-logs.ts';
import { queueSwitchesRoutes } from './queue-switches.ts';
import { revealJobRoute } from './reveal-job.ts';
import { retryJobRoute } from './retry-job.ts';
import { waitersRoute } from './waiters.ts';
import { dedupeRoutes } from './dedupe.ts';
import { historyRoute } from './history.ts';
import { limitsRoutes } from './limits.ts';
import { deadLetterRoutes } from './dead-letters.ts';
import { editJobRoute } from './edit-job.ts';
import { listJobsRoute } from './list-jobs.ts';
import type { OperatorDeps } from './operator-deps.ts';
import { poolsRoutes } from './pools.ts';
import { redisRoute } from './redis.ts';
import { refuseOtherSites } from './refuse-other-sites.ts';
import { refuseWithoutKey } from './refuse-without-key.ts';
import { whyRoute } from './why.ts';
import { poisonRoute } from './poison.ts';
import { schedulesRoutes } from './schedules.ts';

/** What only an operator does: one file a topic. In a scope of its own, so that its guard is no other route's. */
export function operatorRoutes(app: FastifyInstance, deps: OperatorDeps): void {
  app.register(async (scope) => {
    refuseOtherSites(scope);
    if (!deps.isOpen) refuseWithoutKey(scope, deps);
    cancelJobRoute(scope, deps);
    capacityRoutes(scope, deps);
    jobLogsRoute(scope, deps);
    queueSwitchesRoutes(scope, deps);
    retryJobRoute(scope, deps);
    revealJobRoute(scope, deps);
    waitersRoute(scope, deps);
    historyRoute(scope, deps);
    limitsRoutes(scope, deps);
    deadLetterRoutes(scope, deps);
    editJobRoute(scope, deps);
    listJobsRoute(scope, deps);
    poolsRoutes(scope, deps);
    poisonRoute(scope, deps);
    redisRoute(scope, deps);
    schedulesRoutes(scope, deps);
    dedupeRoutes(scope, deps);
    whyRoute(scope, deps);
  });
}
