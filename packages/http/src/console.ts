// What the page of the console reads. Types only: the page runs in a browser.
export type {
  ConsoleWorkers,
  ConsoleJob,
  ConsoleQueue,
  ConsoleQueuesEvent,
  ConsoleRates,
  ConsoleRatesEvent,
  ConsoleTroubleEvent,
} from './routes/console/console-feed.ts';
