import { findInexactNumbers, type SchemaIssue } from '@sluice/shared';
import type { FastifyBodyParser, FastifyInstance } from 'fastify';
import { BodyInvalidError } from './request-errors.ts';

/**
 * Reads bodies of JSON so that what is put is what was sent: a number that would be rounded, and a key that stands for an
 * object's prototype, are refused with their places. All else is as the framework reads it.
 */
export function readBodiesExactly(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  const parser: FastifyBodyParser<string> = (request, text, done) => {
    void parse(request, text, (error, value: unknown) => {
      const issues = error ? forbiddenKeys(text) : inexactNumbers(text);
      if (issues.length > 0) return done(new BodyInvalidError(issues));
      done(error, value);
    });
  };
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, parser);
}

function inexactNumbers(text: string): SchemaIssue[] {
  try {
    return findInexactNumbers(text);
  } catch {
    return [{ path: [], message: 'nests too deep' }];
  }
}

/** Where the keys are that the framework refuses; none when it refused the text because it is no JSON. */
function forbiddenKeys(text: string): SchemaIssue[] {
  try {
    return [...findForbidden(JSON.parse(text), [])];
  } catch {
    return [];
  }
}

function* findForbidden(value: unknown, path: SchemaIssue['path']): Generator<SchemaIssue> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (isForbidden(key, member)) yield { path: place, message: 'is a key that no payload may have' };
    else yield* findForbidden(member, place);
  }
}

function isForbidden(key: string, member: unknown): boolean {
  if (key === '__proto__') return true;
  return key === 'constructor' && typeof member === 'object' && member !== null && Object.hasOwn(member, 'prototype');
}
