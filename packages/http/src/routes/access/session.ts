import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { UnauthorizedError } from '../../auth/auth-errors.ts';
import type { Access } from '../../auth/authenticate.ts';
import { cookieKeyOf, setKeyCookie } from '../../auth/session-cookie.ts';
import type { RouteDoc } from '../../openapi/route-doc.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import { refuseOtherSites } from '../operator/refuse-other-sites.ts';
import { sessionAnswer } from '../../openapi/answers/access-answers.ts';

const signIn = z.strictObject({ key: z.string().min(1).max(200) });

/** Needs no key: it is how a page shows one. */
const open = (doc: RouteDoc) => ({ config: { sluice: { open: true, doc } } });

export interface SessionDeps extends Access {
  /** Whether the routes of operators are open to requests that need no API key. */
  readonly isOpen: boolean;
}

/**
 * `GET`, `POST` and `DELETE /v1/session`: says who a page is, signs it in with an API key, and signs it out. The key goes into a cookie
 * that only this site's own pages send, and that no script can read.
 */
export function sessionRoutes(app: FastifyInstance, access: SessionDeps): void {
  app.register(async (scope) => {
    refuseOtherSites(scope);
    scope.get('/v1/session', open({ summary: 'Who a page is', answer: sessionAnswer }), (request) =>
      sessionOf(access, cookieKeyOf(request) ?? ''),
    );
    scope.post(
      '/v1/session',
      open({
        summary: 'Sign a page in with an API key',
        problems: ['SLUICE_UNAUTHORIZED'],
        answer: sessionAnswer,
        body: signIn,
      }),
      async (request: FastifyRequest, reply) => {
        const { key } = parseFields(signIn, request.body);
        if (!access.keys?.find(key)) throw new UnauthorizedError(true);
        setKeyCookie(app, reply, key);
        return sessionOf(access, key);
      },
    );
    scope.delete('/v1/session', open({ summary: 'Sign a page out', answer: sessionAnswer }), (_request, reply) => {
      setKeyCookie(app, reply, '');
      return sessionOf(access, '');
    });
  });
}

/** What a page needs in order to know what it may offer. */
function sessionOf({ keys, isOpenAtFirst = false, isOpen }: SessionDeps, text: string): object {
  const key = keys?.find(text);
  if (key)
    return { signedIn: true, client: key.client, verbs: key.verbs, queues: key.queues, expiresAt: key.expiresAt };
  const needsNone = !keys || (isOpenAtFirst && keys.isEmpty);
  return { signedIn: false, verbs: needsNone ? (isOpen ? ['put', 'read', 'operate', 'admin'] : ['put', 'read']) : [] };
}
