import { serveParent } from '../bench-process.ts';
import { toContenderName } from './contenders/known-contenders.ts';
import { MeasuredRun, type TakeAnswer, type TakeRequest } from './measured-run.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [name = '', address = ''] = process.argv.slice(2);
const contender = toContenderName(name);
let run: MeasuredRun | undefined;
serveParent(async (request: TakeRequest): Promise<TakeAnswer> => {
  switch (request.type) {
    case 'prepare':
      run = await MeasuredRun.prepare(contender, address, request.order);
      return null;
    case 'go':
      return (await run?.go()) ?? null;
    case 'left':
      return (await run?.left()) ?? 0;
    case 'close':
      await run?.close();
      return null;
    default:
      throw new TypeError(`unknown request ${String(request satisfies never)}`);
  }
});
