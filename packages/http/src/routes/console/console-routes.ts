import type { FastifyInstance } from 'fastify';
import type { WatchLimit } from '../../requests/watch-limit.ts';
import type { OperatorDeps } from '../operator/operator-deps.ts';
import { refuseOtherSites } from '../operator/refuse-other-sites.ts';
import { consoleEventsRoute } from './events.ts';
import { consoleJobRoute } from './job.ts';
import { consolePage } from './page.ts';
import { QueueSamples } from './queue-samples.ts';

export interface ConsoleRoutesDeps extends Pick<OperatorDeps, 'queues' | 'stopping' | 'isOpen'> {
  /** What all streams of the service and its long polls count against. */
  readonly watches: WatchLimit;
}

/** The console: its page, and the data that no other route has. */
export function consoleRoutes(app: FastifyInstance, { queues, stopping, isOpen, watches }: ConsoleRoutesDeps): void {
  app.register((scope) => consolePage(scope));
  app.register(async (scope) => {
    refuseOtherSites(scope);
    consoleJobRoute(scope, queues);
    consoleEventsRoute(scope, { source: queues, samples: new QueueSamples(queues), isOpen, stopping, watches });
  });
}
