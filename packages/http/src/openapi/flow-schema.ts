import { limits } from '@sluice/queue';
import { z } from 'zod';
import { anyPayload } from '../requests/put-request.ts';

/** A job of a flow, in the document a reference to the schema `Flow`. The engine reads the body, and says what is wrong with it. */
export const anyFlow = z.looseObject({});

/** A job of a flow, with those that it waits for. */
export const flowSchema = z.strictObject({
  job: z.string(),
  payload: anyPayload,
  children: z.array(anyFlow).exactOptional(),
  queue: z.string().exactOptional(),
  whenDead: z.enum(['wait', 'fail-parent', 'run-parent', 'ignore', 'forget']).exactOptional(),
  id: z.string().exactOptional(),
  delayMs: z.int().min(0).max(limits.delayMaxMs).exactOptional(),
  priority: z.int().min(1).max(limits.priorityMax).exactOptional(),
  attempts: z.int().min(1).max(limits.attemptsMax).exactOptional(),
  timeoutMs: z.int().min(1).exactOptional(),
  expiresAt: z.int().min(1).exactOptional(),
});
