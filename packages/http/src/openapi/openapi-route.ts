import type { QueueDefinition } from '@sluice/queue';
import type { FastifyInstance } from 'fastify';
import { isOpenTo } from '../auth/authenticate.ts';
import { needs } from '../auth/verbs.ts';
import { type AddedRoute, openApiDocument } from './document.ts';
import { documentAnswer } from './answers/access-answers.ts';

/** `GET /v1/openapi.json`: the OpenAPI document of all routes that are added after this one, with the queues that a client may use. */
export function openApiRoute(app: FastifyInstance, queues: readonly QueueDefinition[]): void {
  const routes: AddedRoute[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  /** By the names of the queues. */
  const documents = new Map<string, object>();
  app.get(
    '/v1/openapi.json',
    needs('read', { doc: { summary: 'This document', answer: documentAnswer } }),
    (request) => {
      const open = queues.filter(({ name }) => isOpenTo(request, name));
      const key = open.map(({ name }) => name).join();
      const document = documents.get(key) ?? openApiDocument(routes, { queues: open, prefix: app.prefix });
      documents.set(key, document);
      return document;
    },
  );
}
