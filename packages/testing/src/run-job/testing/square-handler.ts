import { defineHandler, defineJob } from '@sluice/queue';
import { z } from 'zod';

const square = defineJob({ name: 'square', payload: z.int(), result: z.int() });

export default defineHandler(square, async ({ payload }) => payload * payload);
