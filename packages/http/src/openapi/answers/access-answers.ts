import { apiKeyVerbs } from '@sluice/queue';
import { z } from 'zod';
import { count, time } from './job-answers.ts';

const verbs = z.array(z.enum(apiKeyVerbs));
const queues = z.array(z.string());

export const keysAnswer = z.object({
  keys: z.array(
    z.object({
      id: z.string(),
      client: z.string(),
      verbs,
      queues,
      expiresAt: time.nullable(),
      createdAt: time,
      revokedAt: time.nullable(),
      perSecond: count.nullable(),
    }),
  ),
});
/** The only time that a key is shown. */
export const keyAnswer = z.object({ id: z.string(), key: z.string() });
export const keyEndAnswer = z.object({ id: z.string(), status: z.literal('revoked') });

export const auditAnswer = z.object({
  entries: z.array(z.object({ at: time, what: z.looseObject({}) })),
  next: z.string().nullable(),
});

export const sessionAnswer = z.object({
  signedIn: z.boolean(),
  client: z.string().optional(),
  verbs,
  queues: queues.optional(),
  expiresAt: time.nullable().optional(),
});

export const healthAnswer = z.object({ status: z.literal('ok') });
/** An OpenAPI document: see the specification. */
export const documentAnswer = z.looseObject({ openapi: z.string(), paths: z.looseObject({}) });
