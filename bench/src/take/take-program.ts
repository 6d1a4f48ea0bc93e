import { type ProcessCost, serveParent } from '../bench-process.ts';
import { toContenderName } from './contenders/known-contenders.ts';
import { MeasuredRun, type TakeRequest } from './measured-run.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [name = '', socketPath = ''] = process.argv.slice(2);
const contender = toContenderName(name);
let run: MeasuredRun | undefined;
serveParent(async (request: TakeRequest): Promise<ProcessCost | null> => {
  switch (request.type) {
    case 'prepare':
      run = await MeasuredRun.prepare(contender, socketPath, request.order);
      return null;
    case 'go':
      return (await run?.go()) ?? null;
    case 'close':
      await run?.close();
      return null;
    default:
      throw new TypeError(`unknown request ${String(request satisfies never)}`);
  }
});
