import { defineHandler, type HandlerContext } from '@sluice/queue';
import { openDatabase } from './database.ts';
import { buildReport } from './queues.ts';

export default function createHandlers({ onStop, log }: HandlerContext) {
  const database = openDatabase();
  log.info('database opened');
  onStop(async () => {
    await database.close();
    log.info('database closed');
  });
  return {
    'report.build': defineHandler(buildReport, async ({ payload }) => ({
      orders: await database.countOrders(payload.day),
    })),
  };
}
