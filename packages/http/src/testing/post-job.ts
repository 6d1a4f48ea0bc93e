import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import type { QueueDefinition } from '@sluice/queue/contracts';
import { silentLogger } from '@sluice/queue/logging';
import { ScriptedProducer, scriptedQueue } from './scripted-producer.ts';
import { buildServer } from '../build-server.ts';

/** The payload of a put that says nothing else. */
export const payload = { url: 'http://example.test/' };

interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  queue?: string;
  definition?: QueueDefinition;
  /** Another resource than a job. */
  path?: 'jobs' | 'jobs/batch' | 'flows';
}

/** What the API answers to a put. */
export function post(
  producer: ScriptedProducer,
  { body = { payload }, headers = {}, queue = 'fetches', definition, path = 'jobs' }: Asked = {},
): Promise<LightMyRequestResponse> {
  const server = buildServer({
    producers: [scriptedQueue(producer, definition)],
    logger: silentLogger(),
    waitMaxMs: 20_000,
  });
  return server.inject({
    method: 'POST',
    url: `/v1/queues/${queue}/${path}`,
    body,
    headers,
  } as InjectOptions);
}

/** A producer that refuses every put with this error. */
export function refusing(error: Error): ScriptedProducer {
  const producer = new ScriptedProducer();
  producer.onPut = () => Promise.reject(error);
  return producer;
}
