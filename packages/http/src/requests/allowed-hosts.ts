import { isIP } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { HttpRefusal } from '../problems/request-errors.ts';

/** A name on this machine, or one without a dot, as in a container network: no stranger can make the public DNS lead there. */
const OWN_NAME = /^(?:[^.]*|(?:[^.]+\.)*localhost)\.?$/;
const HOST = /^(\[[0-9a-f:.%]*\]|[^:/@\s]*)(?::\d*)?$/;

/**
 * Refuses requests that were sent to another name than ours. A page in a browser on this machine may have a name that its owner
 * lets lead to 127.0.0.1 (DNS rebinding); `Host` has that name then. Addresses are let through: no DNS is asked for them.
 *
 * @param bind where we listen; undefined: where the connection came in
 * @param names what else may stand there; `*` for anything. Undefined: only looked at where we listen on the loopback address.
 */
export function checkHosts(app: FastifyInstance, bind: string | undefined, names?: readonly string[]): void {
  const isBoundToLoopback = bind === undefined ? undefined : isLoopback(bind);
  const isOpenToAll = names?.includes('*') ?? false;
  const isChecked = ({ raw }: FastifyRequest): boolean =>
    !isOpenToAll && (names !== undefined || (isBoundToLoopback ?? isLoopback(raw.socket.localAddress ?? '')));
  const known = new Set(names?.map((name) => name.toLowerCase()));
  app.addHook('onRequest', (request, _reply, done) => {
    const host = hostOf(request);
    if (isChecked(request) && host !== undefined && !isOurs(host, known))
      throw new HttpRefusal(
        421,
        'this host is not served here; allowedHosts (SLUICE_ALLOWED_HOSTS) names those that are',
      );
    done();
  });
}

/** The host without its port; undefined where HTTP/1.0 has none. */
function hostOf({ raw }: FastifyRequest): string | undefined {
  const given = countOfHost(raw.rawHeaders);
  const { host } = raw.headers;
  if (given > 1 || (host === undefined && raw.httpVersion === '1.1'))
    throw new HttpRefusal(400, 'a request must have one Host header');
  if (host === undefined) return undefined;
  const name = HOST.exec(host.toLowerCase())?.[1];
  if (name === undefined) throw new HttpRefusal(400, 'the Host header is no host with a port');
  return name;
}

/** Names and values take turns in it. */
function countOfHost(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

function isOurs(host: string, known: ReadonlySet<string>): boolean {
  return OWN_NAME.test(host) || isIP(host.replace(/^\[|\]$/g, '')) !== 0 || known.has(host);
}

/** Whether only this machine reaches the address. */
export function isLoopback(bind: string): boolean {
  return bind === 'localhost' || bind === '::1' || /^(::ffff:)?127\./.test(bind);
}
