import { createHash } from 'node:crypto';
import { isMainThread } from 'node:worker_threads';
import { defineHandler, PermanentJobError } from '@sluice/queue';
import { hash } from './jobs.js';

export default defineHandler(hash, async ({ payload }) => {
  if (payload.text === '') throw new PermanentJobError('nothing to hash');
  return { hash: createHash('sha256').update(payload.text).digest('hex').slice(0, 8), isMainThread };
});
