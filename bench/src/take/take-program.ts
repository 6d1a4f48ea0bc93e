import { MeasuredRun } from './measured-run.ts';
import { type ContenderName, contenderNames } from './take-contender.ts';
import type { TakeAnswer, TakeCost, TakeRequest } from './take-order.ts';

// The process of one contender: nothing else runs in it, so its CPU time is that contender's.
const [nameGiven, socketPath = ''] = process.argv.slice(2);
const name = contenderNames.find((known): known is ContenderName => known === nameGiven);
if (name === undefined) throw new Error(`no such contender: ${nameGiven}`);
const contender = name;

let run: MeasuredRun | undefined;
process.once('disconnect', () => process.exit());
process.on('message', (request: TakeRequest) => {
  void answerTo(request).then((answer) => process.send?.(answer));
});
process.send?.('ready');

async function answerTo(request: TakeRequest): Promise<TakeAnswer> {
  try {
    return { cost: await obey(request) };
  } catch (error) {
    return { failed: error instanceof Error ? String(error.stack) : String(error) };
  }
}

async function obey(request: TakeRequest): Promise<TakeCost | null> {
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
}
