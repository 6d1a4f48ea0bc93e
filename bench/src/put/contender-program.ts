import { serveParent } from '../bench-process.ts';
import type { PutAnswer, PutRequest } from './contender-process.ts';
import { openContender, toContenderName } from './contenders/known-contenders.ts';
import { measureRun } from './drive-contender.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [name = '', address = ''] = process.argv.slice(2);
const contender = await openContender(toContenderName(name), address);
serveParent(async (request: PutRequest): Promise<PutAnswer> => {
  const nothing = { elapsedMs: 0, nodeCpuUs: 0 };
  switch (request.type) {
    case 'run':
      return measureRun(contender, request.order);
    case 'empty':
      await contender.empty?.();
      return nothing;
    case 'arrived':
      return { ...nothing, arrived: (await contender.arrived?.()) ?? 0 };
    default:
      throw new TypeError(`unknown request ${String(request satisfies never)}`);
  }
});
