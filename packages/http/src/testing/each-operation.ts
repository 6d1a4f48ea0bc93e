import { fetchUrl } from '@sluice/shared';

const put = { job: fetchUrl.name, payload: { url: 'http://example.test/' } };
const all = { filter: {} };

/** A body for each operation that needs one. */
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /v1/queues/{queue}/jobs': put,
  'POST /v1/queues/{queue}/jobs/batch': [put, put],
  'POST /v1/queues/{queue}/flows': put,
  'PUT /v1/queues/{queue}/capacity': { capacity: 5 },
  'PATCH /v1/queues/{queue}/limits': { running: 5 },
  'POST /v1/queues/{queue}/dead-letters/replay': all,
  'POST /v1/queues/{queue}/dead-letters/purge': all,
  'POST /v1/queues/{queue}/jobs/cancel': all,
  'PATCH /v1/queues/{queue}/jobs/{id}': { priority: 3 },
  'PATCH /v1/queues/{queue}/pools': { concurrency: 3, waitMs: 0 },
  'POST /v1/queues/{queue}/pools/drain': { pools: ['a'], waitMs: 0 },
  'PUT /v1/queues/{queue}/schedules/{name}': { ...put, everyMs: 60_000 },
  'POST /v1/session': { key: 'sluice_none' },
};

/** What became of a request. */
export interface Asked {
  readonly operation: string;
  readonly status: number;
  /** Of a problem. */
  readonly code: string | undefined;
  readonly ms: number;
}

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Sends one request to each operation that the service describes, all at once. Of a stream, the first bytes are awaited. */
export async function askEachOperation(base: string, queue: string): Promise<Asked[]> {
  const { paths } = (await (await fetch(`${base}/v1/openapi.json`)).json()) as Document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({ method: method.toUpperCase(), path })),
  );
  return Promise.all(operations.map((operation) => ask(base, queue, operation)));
}

async function ask(base: string, queue: string, { method, path }: { method: string; path: string }): Promise<Asked> {
  const since = performance.now();
  const operation = `${method} ${path}`;
  const body = BODIES[operation];
  const answer = await fetch(base + path.replace('{queue}', queue).replaceAll(/\{\w+\}/g, 'a'), {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const isStream = answer.headers.get('content-type') === 'text/event-stream';
  const text = isStream ? await firstOf(answer) : await answer.text();
  return {
    operation,
    status: answer.status,
    code: /"code":"(\w+)"/.exec(text)?.[1],
    ms: performance.now() - since,
  };
}

async function firstOf({ body }: Response): Promise<string> {
  const reader = body?.getReader();
  const first = await reader?.read();
  await reader?.cancel();
  return new TextDecoder().decode(first?.value);
}
