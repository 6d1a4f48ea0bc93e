import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerSchema } from '../openapi/document.ts';
import type { RouteDoc } from '../openapi/route-doc.ts';
import { problemsOf } from '../openapi/route-problems.ts';

const ajv = new Ajv2020({ strict: false, allErrors: true });
const compiled = new WeakMap<object, ValidateFunction>();

function validatorOf(schema: NonNullable<RouteDoc['answer']>): ValidateFunction {
  const known = compiled.get(schema) ?? ajv.compile(answerSchema(schema));
  compiled.set(schema, known);
  return known;
}

/** Compares an answer with what its route says of itself to the OpenAPI document. @returns what is wrong with the one or the other */
export function findWrong(
  { method, routeOptions }: FastifyRequest,
  { statusCode }: FastifyReply,
  payload: unknown,
): string[] {
  const { doc } = routeOptions.config.sluice ?? {};
  if (!doc || method === 'HEAD' || typeof payload !== 'string') return [];
  const at = `${method} ${routeOptions.url} ${statusCode}`;
  if (statusCode >= 400) {
    const { code } = JSON.parse(payload) as { code?: string };
    const codes: readonly string[] = problemsOf({ url: routeOptions.url ?? '', config: routeOptions.config });
    return !code?.startsWith('SLUICE_') || codes.includes(code) ? [] : [`${at}: the problem ${code} is not described`];
  }
  if (statusCode >= 300 || (doc.media ?? 'application/json') !== 'application/json') return [];
  if (!(doc.statuses ?? [200]).includes(statusCode)) return [`${at}: the status is not described`];
  if (!doc.answer) return [`${at}: the answer has no schema`];
  const validate = validatorOf(doc.answer);
  if (validate(JSON.parse(payload))) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${at}: ${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}
