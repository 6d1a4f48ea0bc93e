import { serveParent } from '../../bench-process.ts';
import { ManyQueues, type QueuesRequest } from './many-queues.ts';
import type { QueuesContender } from './queues-contender.ts';

// One process with many queues: nothing else runs in it, so its memory, connections and CPU time are those of the queues.
const [name = '', socketPath = ''] = process.argv.slice(2);
const { contender } = (await import(`./contenders/${name}.ts`)) as { contender: QueuesContender };
const queues = new ManyQueues(contender, socketPath);
serveParent((request: QueuesRequest) => queues.handle(request));
