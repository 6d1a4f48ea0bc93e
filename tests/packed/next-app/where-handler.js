import { isMainThread } from 'node:worker_threads';
import { defineHandler } from '@sluice/queue';
import { where } from './jobs.js';

export default defineHandler(where, async () => ({ isMainThread }));
