import { threadProgram } from '../shared/thread-program.ts';

/**
 * The program with which a thread starts, as a text, so that it needs no file that a bundler could leave behind: it loads the module of
 * the handler, and hands the task to the program that the handler carries. It has no import and no require at the top, because Node may
 * take it for either kind of module, as the process's own flags say.
 */
export const threadBoot = `
import('node:worker_threads').then(({ parentPort }) => {
  const program = Symbol.for(${JSON.stringify(Symbol.keyFor(threadProgram))});
  const isHandler = (value) => typeof value?.[program] === 'function';
  const load = async (url) => {
    const { default: first, handler } = await import(url);
    const found = [first, handler, first?.default, first?.handler].find(isHandler);
    if (found) return found;
    const isBatch = [first, handler, first?.default, first?.handler].some((value) => typeof value?.handleBatch === 'function');
    const why = isBatch ? ': a batch handler runs on the main loop, register it without inThread' : '';
    const error = new Error(url + ' has no default or handler export made by defineHandler' + why);
    throw Object.assign(error, { code: 'SLUICE_DEFINITION' });
  };
  const describe = (error) => ({
    name: String(error?.name ?? ''),
    code: String(error?.code ?? 'ERROR'),
    message: String(error?.message ?? error),
    stack: String(error?.stack ?? ''),
    isError: error instanceof Error,
    fields: {},
  });
  const run = async (task) => {
    const handler = await load(task.moduleUrl).catch((error) => {
      task.port.postMessage({ type: 'unfit', thrown: describe(error) });
      task.port.close();
    });
    await handler?.[program](task);
    parentPort.postMessage('done');
  };
  parentPort.on('message', (task) => void run(task));
});
`;
