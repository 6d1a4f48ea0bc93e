import type { FastifyInstance } from 'fastify';
import { HttpRefusal } from '../../problems/request-errors.ts';

/**
 * A page of another site may have a browser send a request without asking us first, as long as it has no body of JSON. It cannot
 * keep the browser from saying so.
 */
export function refuseOtherSites(app: FastifyInstance): void {
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    const site = headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none')
      throw new HttpRefusal(403, 'an operator’s request must not come from a page of another site');
    done();
  });
}
