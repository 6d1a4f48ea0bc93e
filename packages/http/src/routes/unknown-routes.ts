import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpRefusal } from '../problems/request-errors.ts';

/** Answers 404 for a path without routes, and 405 for one that has other methods. Knows the routes that are added after it. */
export function refuseUnknownRoutes(app: FastifyInstance): void {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsByUrl.set(url, methods);
  });
  app.setNotFoundHandler((request) => {
    const allowed = [...methodsByUrl].find(([url]) => patternOf(url).test(pathOf(request)))?.[1];
    if (!allowed) throw new HttpRefusal(404, `there is no ${request.method} on this path`);
    throw new HttpRefusal(405, `this path has no ${request.method}`, { allow: [...allowed].toSorted().join(', ') });
  });
}

function pathOf({ url }: FastifyRequest): string {
  return url.replace(/\?.*$/s, '');
}

function patternOf(url: string): RegExp {
  return new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`);
}
