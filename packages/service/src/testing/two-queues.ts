import process from 'node:process';
import { defineJob, defineQueue } from '@sluice/queue/contracts';
import { z } from 'zod';

export const shout = defineJob({ name: 'shout', payload: z.string(), result: z.string() });
export const double = defineJob({ name: 'double', payload: z.int(), result: z.int() });

const prefix = process.env['TEST_PREFIX'] ?? 'bull';

export const words = defineQueue({ name: 'words', jobs: [shout], capacity: 20, prefix });
export const numbers = defineQueue({ name: 'numbers', jobs: [double], capacity: 30, prefix });
