import process from 'node:process';
import { appFromEnvironment, runService } from '@sluice/service';

await runService(appFromEnvironment(process.env, () => import('./app.ts')));
