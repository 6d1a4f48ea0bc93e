import { serveParent } from '../bench-process.ts';
import { openContender, toContenderName } from './contenders/known-contenders.ts';
import { measureRun, type RunOrder } from './drive-contender.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [name = '', socketPath = ''] = process.argv.slice(2);
const contender = await openContender(toContenderName(name), socketPath);
serveParent((order: RunOrder) => measureRun(contender, order));
