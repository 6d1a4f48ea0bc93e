import type { FastifyInstance } from 'fastify';
import { ForbiddenError } from '../../auth/auth-errors.ts';
import type { OperatorDeps } from './operator-deps.ts';

/** As long as nobody has made a key, other routes need none. These do, but for what only reads where the console is served. */
export function refuseWithoutKey(app: FastifyInstance, { isReadable }: Pick<OperatorDeps, 'isReadable'>): void {
  app.addHook('onRequest', ({ sluiceKey, routeOptions }, _reply, done) => {
    const isRead = routeOptions.config.sluice?.verb === 'read';
    if (!sluiceKey && !(isReadable && isRead))
      throw new ForbiddenError(
        'operators need an API key (sluice keys add), or a service started with SLUICE_HTTP_OPERATOR=true',
      );
    done();
  });
}
