import fastifyStatic from '@fastify/static';
import { consolePageFolder, isConsoleBuilt } from '@sluice/console';
import { DefinitionError } from '@sluice/queue/contracts';
import type { FastifyInstance, FastifyReply } from 'fastify';

/** For all who reach the address: what is in it, anyone may download. */
const forAll = (summary: string, media: string) => ({ config: { sluice: { open: true, doc: { summary, media } } } });

/** The page loads nothing from elsewhere, runs no script that is written into it, and no other page may frame it. */
const HEADERS = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const;

const YEAR = '365d';

/**
 * `GET /` and `GET /assets/*`: the files of the page.
 *
 * @throws DefinitionError in a checkout that is not built
 */
export async function consolePage(app: FastifyInstance, folder: string = consolePageFolder): Promise<void> {
  if (!isConsoleBuilt(folder)) throw new DefinitionError('the console is not built: run `pnpm build`');
  await app.register(fastifyStatic, { serve: false, root: folder, preCompressed: true });
  app.get('/', forAll('The page of the console', 'text/html'), (request, reply) => {
    const at = request.url.replace(/\?.*$/s, '');
    // Where it is mounted at a path, what it loads is relative to that.
    if (!at.endsWith('/')) return reply.redirect(`${at.slice(at.lastIndexOf('/') + 1)}/`, 302);
    return page(reply).header('cache-control', 'no-cache').sendFile('index.html', { cacheControl: false });
  });
  app.get<{ Params: { '*': string } }>(
    '/assets/*',
    forAll('A file of the page', 'application/octet-stream'),
    (request, reply) => page(reply).sendFile(`assets/${request.params['*']}`, { maxAge: YEAR, immutable: true }),
  );
}

function page(reply: FastifyReply): FastifyReply {
  return reply.headers(HEADERS);
}
