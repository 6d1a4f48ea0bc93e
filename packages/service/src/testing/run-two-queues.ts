import { runWorker } from '../worker/run-worker.ts';

await runWorker(() => import('./two-queues-app.ts'));
