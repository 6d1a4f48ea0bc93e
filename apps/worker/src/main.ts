import process from 'node:process';
import { appFromEnvironment, runWorker } from '@sluice/service';

await runWorker(appFromEnvironment(process.env, () => import('./app.ts')));
