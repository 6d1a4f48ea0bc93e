import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bodyOf, FLAKY_FAILURES, type PageKind } from './pages.ts';
import { reserveRefusingPort, type RefusingPort } from './refusing-port.ts';
import type { Origins } from './pages.ts';

/** A small site on free ports of 127.0.0.1, with every kind of page that a real one has. */
export interface DemoSite extends AsyncDisposable {
  readonly origins: Origins;
}

interface Visit {
  number: number;
  response: ServerResponse;
  /** How often this path has been asked for, this time included. */
  visits: number;
}

const FAST_MS = 50;
const SLOW_MS = 600;

type Behaviour = (visit: Visit) => void;

const behaviours = {
  fast: (visit) => void setTimeout(() => answer(visit, 200, bodyOf('fast', visit.number)), FAST_MS),
  slow: (visit) => void setTimeout(() => answer(visit, 200, bodyOf('slow', visit.number)), SLOW_MS),
  moved: ({ response, number }) => void response.writeHead(302, { location: `/fast/${number}` }).end(),
  missing: (visit) => answer(visit, 404, bodyOf('missing', visit.number)),
  flaky: (visit) => answer(visit, visit.visits > FLAKY_FAILURES ? 200 : 500, bodyOf('flaky', visit.number)),
  large: (visit) => answer(visit, 200, bodyOf('large', visit.number)),
  hang: () => undefined,
} as const satisfies Record<Exclude<PageKind, 'refused'>, Behaviour>;

/** Starts the site. It stops when disposed of, open connections included. */
export async function startDemoSite(): Promise<DemoSite> {
  const refusing = await reserveRefusingPort();
  const visits = new Map<string, number>();
  const server = createServer((request, response) => serve(request, response, visits)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origins: { site: `http://127.0.0.1:${port}`, refusing: `http://127.0.0.1:${refusing.port}` },
    [Symbol.asyncDispose]: () => stop(server, refusing),
  };
}

function serve(request: IncomingMessage, response: ServerResponse, visits: Map<string, number>): void {
  const path = request.url ?? '/';
  const count = (visits.get(path) ?? 0) + 1;
  visits.set(path, count);
  const [, kind = '', number] = path.split('/');
  const behave = isServed(kind) ? behaviours[kind] : behaviours.missing;
  behave({ number: Number(number), response, visits: count });
}

function isServed(kind: string): kind is keyof typeof behaviours {
  return Object.hasOwn(behaviours, kind);
}

function answer({ response }: Visit, status: number, body: Buffer): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'content-length': body.length,
    })
    .end(body);
}

async function stop(server: Server, refusing: RefusingPort): Promise<void> {
  server.close();
  server.closeAllConnections();
  await refusing[Symbol.asyncDispose]();
}
