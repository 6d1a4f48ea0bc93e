import { runWorker } from '@sluice/service';
import app from './app.ts';

// Settings come from the environment: REDIS_URL, SLUICE_QUEUES, SLUICE_CONCURRENCY and others.
await runWorker(app);
