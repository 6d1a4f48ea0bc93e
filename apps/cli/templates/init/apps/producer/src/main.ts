import { defineApp } from '@sluice/queue';
import { runService } from '@sluice/service';
import { greetings } from '@sluice-app/shared';

// An HTTP API for the queues that are listed here. Settings come from the environment: REDIS_URL, HOST, PORT and others.
await runService(defineApp({ queues: [greetings] }));
