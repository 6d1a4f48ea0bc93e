import type { AuditLog } from '@sluice/queue';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { whenOver } from '../requests/request-end.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What its answer says was done, for the audit line. */
    sluiceEffect: Readonly<Record<string, unknown>> | undefined;
  }
}

/** Fields of an answer that say what was done, and to how many. None of them holds anything of a job but its id. */
const TOLD = ['id', 'status', 'outcome', 'result', 'removed', 'matched', 'results', 'stopped', 'capacity'] as const;
/** Lists, of which the number is told. */
const COUNTED = ['confirmed', 'unconfirmed', 'fields'] as const;

/**
 * Writes a line for each request that changes more than a put does: who, what, with which queue or job, and how many. Also for one that
 * was refused, or whose client did not wait for the answer. The log has it in any case; Redis gets it where there is an audit log.
 */
export function auditChanges(app: FastifyInstance, audit?: Pick<AuditLog, 'append'>): void {
  app.decorateRequest('sluiceEffect', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    if (isAudited(request)) whenOver(reply, () => writeLine(request, reply, audit));
    done();
  });
  app.addHook('preSerialization', (request, _reply, payload: unknown, done) => {
    if (isAudited(request)) request.sluiceEffect = effectOf(payload);
    done(null, payload);
  });
}

function isAudited({ method, routeOptions }: FastifyRequest): boolean {
  const { verb } = routeOptions.config.sluice ?? {};
  return (verb === 'operate' || verb === 'admin') && method !== 'GET' && method !== 'HEAD';
}

function writeLine(
  request: FastifyRequest,
  { statusCode }: FastifyReply,
  audit: Pick<AuditLog, 'append'> | undefined,
): void {
  if (statusCode === 401) return; // a stranger, of whom the line of the request says all that is known
  const { method, routeOptions, params, ip, sluiceClient, sluiceKey, sluiceEffect } = request;
  const who = sluiceKey ? { client: sluiceClient, key: sluiceKey.id } : { address: ip };
  const what = { method, route: routeOptions.url, verb: routeOptions.config.sluice?.verb };
  const line = { ...who, ...what, ...(params as object), status: statusCode, effect: sluiceEffect };
  request.log.info(line, 'audit');
  audit?.append(line).catch((error: unknown) => request.log.warn({ err: error }, 'Redis did not take the audit line'));
}

function effectOf(answer: unknown): Record<string, unknown> {
  if (typeof answer !== 'object' || answer === null) return {};
  const fields = answer as Readonly<Record<string, unknown>>;
  const told = TOLD.filter((name) => fields[name] !== undefined).map((name) => [name, fields[name]] as const);
  const counted = COUNTED.flatMap((name) => {
    const list = fields[name];
    return Array.isArray(list) ? [[name, list.length] as const] : [];
  });
  return Object.fromEntries([...told, ...counted]);
}
