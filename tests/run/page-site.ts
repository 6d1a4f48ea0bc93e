import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface PageSite extends AsyncDisposable {
  /** Such as `http://127.0.0.1:4711`. */
  origin: string;
  /** How often each path was asked for. */
  hits: Map<string, number>;
  /** The most requests that were open at one time. */
  readonly mostAtOnce: number;
}

/**
 * A site on this machine. `/slow/…` answers after 100 ms, `/hang/…` never, `/missing/…` with 404, all else at once.
 */
export async function startPageSite(): Promise<PageSite> {
  const hits = new Map<string, number>();
  let open = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    hits.set(path, (hits.get(path) ?? 0) + 1);
    open += 1;
    mostAtOnce = Math.max(mostAtOnce, open);
    response.once('close', () => (open -= 1));
    response.statusCode = path.startsWith('/missing') ? 404 : 200;
    if (path.startsWith('/hang')) return;
    setTimeout(() => response.end(`page ${path}`), path.startsWith('/slow') ? 100 : 0);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hits,
    get mostAtOnce() {
      return mostAtOnce;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
