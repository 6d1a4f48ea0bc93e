import type { LogSetting } from '../http-plan.ts';

/** A server that puts a job for each `POST` to its path, with a body of `{ payload }`. It listens on loopback. */
export interface HttpContender {
  readonly port: number;
}

/** Connects to the Redis on this socket, and listens. */
export type OpenHttpContender = (socketPath: string, log: LogSetting) => Promise<HttpContender>;

export const httpContenderNames = ['bullmq', 'sluice'] as const;
export type HttpContenderName = (typeof httpContenderNames)[number];

interface KnownContender {
  readonly title: string;
  /** The list in which its jobs wait: where the bench counts what has arrived. */
  readonly waitKey: string;
  /** Where jobs are posted to. */
  readonly path: string;
  /** Loads it. Only the process that measures it does, so that the process holds nothing of the others. */
  readonly load: () => Promise<OpenHttpContender>;
}

export const httpContenders: Readonly<Record<HttpContenderName, KnownContender>> = {
  bullmq: {
    title: 'Fastify and `Queue.add`',
    waitKey: 'bull:http:wait',
    path: '/jobs',
    load: async () => (await import('./bare-route.ts')).openBareRoute,
  },
  sluice: {
    title: 'Sluice',
    waitKey: 'bull:{http}:wait',
    path: '/v1/queues/http/jobs',
    load: async () => (await import('./sluice-service.ts')).openSluiceService,
  },
};

/** @throws Error when there is no such contender */
export function toHttpContenderName(text: string): HttpContenderName {
  const name = httpContenderNames.find((known) => known === text);
  if (name === undefined) throw new Error(`no such contender: ${text}`);
  return name;
}
