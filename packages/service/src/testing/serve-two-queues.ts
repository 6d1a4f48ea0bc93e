import { runService } from '../service/run-service.ts';

await runService(() => import('./two-queues-app.ts'));
