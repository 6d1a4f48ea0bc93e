import { subscribe } from 'node:diagnostics_channel';
import type { FastifyInstance } from 'fastify';
import { afterEach } from 'vitest';

// Every answer of every test is compared with the OpenAPI document: no schema is wrong without a test that fails.

const shared = globalThis as { sluiceWrongAnswers?: Set<string> };

/** Files that share a process share it, too. */
function startOnce(): Set<string> {
  const wrong = new Set<string>();
  subscribe('fastify.initialization', (message) => {
    const { fastify } = message as { fastify: FastifyInstance };
    fastify.addHook('onRoute', (route) => {
      if (!route.config?.sluice?.doc) return;
      route.onSend = [
        ...[route.onSend ?? []].flat(),
        async (request, reply, payload) => {
          const { findWrong } = await import('./check-answers.ts'); // by then it is loaded anyway
          for (const each of findWrong(request, reply, payload)) wrong.add(each);
          return payload;
        },
      ];
    });
  });
  return wrong;
}

const wrong = (shared.sluiceWrongAnswers ??= startOnce());

afterEach(() => {
  const found = [...wrong];
  wrong.clear();
  if (found.length > 0) throw new Error(`answers are not as the OpenAPI document says:\n${found.join('\n')}`);
});
