import type { AllQueues } from '@sluice/queue';
import { apiKeyVerbs } from '@sluice/queue';
import { namePattern, nameRule } from '@sluice/queue/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ForbiddenError } from '../../auth/auth-errors.ts';
import { needs } from '../../auth/verbs.ts';
import { HttpRefusal } from '../../problems/request-errors.ts';
import { parseFields } from '../../requests/parse-fields.ts';
import { refuseOtherSites } from '../operator/refuse-other-sites.ts';
import { ANSWER_BYTES } from '../../requests/answer-limit.ts';
import { auditAnswer, keyAnswer, keyEndAnswer, keysAnswer } from '../../openapi/answers/access-answers.ts';

const name = z.string().regex(namePattern, `must be ${nameRule}`);
const newKey = z.strictObject({
  client: name,
  verbs: z.array(z.enum(apiKeyVerbs)).min(1),
  queues: z
    .array(z.union([z.literal('*'), name]))
    .min(1)
    .max(100)
    .exactOptional(),
  /** Milliseconds since 1970. */
  expiresAt: z.int().min(1).exactOptional(),
  perSecond: z.int().min(1).max(1_000_000).exactOptional(),
});

const auditQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(1_000).exactOptional(),
  cursor: z.string().exactOptional(),
});

/**
 * `GET` and `POST /v1/keys`, `DELETE /v1/keys/:id`, `GET /v1/audit`: who may use the service, and what they have changed. For a key of all
 * queues: one of a few could else make itself one of all.
 */
export function keysRoutes(app: FastifyInstance, { apiKeys, audit }: Pick<AllQueues, 'apiKeys' | 'audit'>): void {
  app.register(async (scope) => {
    refuseOtherSites(scope);
    scope.addHook('onRequest', ({ sluiceKey }, _reply, done) => {
      if (!sluiceKey?.queues.includes('*')) throw new ForbiddenError('this needs an API key that is for all queues');
      done();
    });
    scope.get('/v1/keys', needs('admin', { doc: { summary: 'List API keys', answer: keysAnswer } }), async () => ({
      keys: await apiKeys.list(),
    }));
    scope.post(
      '/v1/keys',
      needs('admin', { doc: { summary: 'Make an API key', answer: keyAnswer, body: newKey, statuses: [201] } }),
      async ({ body }, reply) => {
        const made = await apiKeys.add(parseFields(newKey, body));
        return reply.code(201).header('cache-control', 'no-store').send(made);
      },
    );
    scope.delete<{ Params: { id: string } }>(
      '/v1/keys/:id',
      needs('admin', { doc: { summary: 'Revoke an API key', answer: keyEndAnswer } }),
      async ({ params: { id } }) => {
        if (!(await apiKeys.revoke(id))) throw new HttpRefusal(404, 'there is no such API key');
        return { id, status: 'revoked' };
      },
    );
    scope.get(
      '/v1/audit',
      needs('admin', {
        answerMaxBytes: ANSWER_BYTES.list,
        doc: { summary: 'List what was changed, and by whom', answer: auditAnswer, query: auditQuery },
      }),
      async ({ query }) => audit.list(parseFields(auditQuery, query)),
    );
  });
}
