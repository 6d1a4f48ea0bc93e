import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { buildServer, type ServerOptions } from '../build-server.ts';
import { ScriptedProducer, scriptedQueue } from './scripted-producer.ts';
import { recordedLogger } from './recorded-logger.ts';

export interface StartedServer {
  readonly app: FastifyInstance;
  readonly producer: ScriptedProducer;
  readonly base: string;
  /** The lines of its log that tell of requests. */
  requests(): { method: string; route: string; status: number }[];
}

/** A server with a scripted producer that listens on a free port; closed when the test ends. */
export async function startServer(options: Partial<ServerOptions> = {}): Promise<StartedServer> {
  const lines: string[] = [];
  const logger = recordedLogger(lines, 'debug');
  const producer = new ScriptedProducer();
  const app = buildServer({ producers: [scriptedQueue(producer)], logger, ...options });
  onTestFinished(async () => {
    app.server.closeAllConnections();
    await app.close();
  });
  const base = await app.listen({ host: '127.0.0.1', port: 0 });
  const requests = (): ReturnType<StartedServer['requests']> =>
    lines.map((line) => JSON.parse(line)).filter(({ msg }) => msg === 'request');
  return { app, producer, base, requests };
}
