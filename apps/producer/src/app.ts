import process from 'node:process';
import { defineApp } from '@sluice/queue/contracts';
import { parseConfig } from '@sluice/service';
import { shippedQueue } from '@sluice/shared';
import { shippedConfig } from './config.ts';

/** The shipped app as a program sees it that only puts: one queue, as the environment says. Its handlers are the worker's. */
export default defineApp({ queues: [shippedQueue(parseConfig(shippedConfig, process.env))] });
