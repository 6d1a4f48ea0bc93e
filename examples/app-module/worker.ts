import { runWorker } from '@sluice/service';
import app from './app.ts';

await runWorker(app);
