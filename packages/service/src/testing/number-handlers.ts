import { defineHandler, type HandlerContext } from '@sluice/queue';
import { double } from './two-queues.ts';

/** Says in the log when it is loaded, when its job runs and when it is closed. */
export default function createHandlers({ log, onStop }: HandlerContext) {
  log.info('numbers loaded');
  onStop(() => log.info('numbers closed'));
  return {
    double: defineHandler(double, async ({ payload, signal }) => {
      log.info('doubling');
      if (payload < 0) await new Promise((resolve) => signal.addEventListener('abort', resolve));
      log.info('doubled');
      return payload * 2;
    }),
  };
}
