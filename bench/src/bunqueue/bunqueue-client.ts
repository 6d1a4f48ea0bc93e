import { pathToFileURL } from 'node:url';
import type { BunqueueAddress } from './bunqueue-mode.ts';

/** What of bunqueue's client is used here. */
interface JobOptions {
  attempts?: number;
  backoff?: { type: 'exponential'; delay: number };
  durable?: boolean;
  removeOnComplete?: boolean;
}

export interface BunQueue<Data> {
  add(name: string, data: Data): Promise<unknown>;
  addBulk(jobs: { name: string; data: Data; opts: JobOptions }[]): Promise<unknown>;
  getJobCountsAsync(): Promise<Readonly<Record<string, number>>>;
  obliterateAsync(): Promise<void>;
  close(): Promise<void> | void;
}

export interface BunWorker {
  run(): void;
  on(event: 'completed', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  close(): Promise<void>;
}

type Where = { embedded: true } | { connection: { host: string; port: number } };
type QueueOptions = Where & { defaultJobOptions: JobOptions };
type WorkerOptions = Where & { concurrency: number; autorun: boolean; removeOnComplete: boolean };

interface Client {
  readonly Queue: new <Data>(name: string, options: QueueOptions) => BunQueue<Data>;
  readonly Worker: new <Data>(
    name: string,
    handle: (job: { data: Data }) => Promise<unknown>,
    options: WorkerOptions,
  ) => BunWorker;
}

/** A queue of bunqueue, and a way to work it off: in the process itself, or on its server. */
export async function openBunqueue<Data>(
  name: string,
  address: BunqueueAddress,
  jobOptions: JobOptions,
): Promise<{ queue: BunQueue<Data>; work: (handle: (data: Data) => Promise<unknown>, slots: number) => BunWorker }> {
  const client = (await import(pathToFileURL(`${address.folder}/dist/client/index.js`).href)) as Client;
  const where: Where =
    address.port === null ? { embedded: true } : { connection: { host: '127.0.0.1', port: address.port } };
  return {
    queue: new client.Queue<Data>(name, { ...where, defaultJobOptions: jobOptions }),
    work: (handle, slots) =>
      new client.Worker<Data>(name, ({ data }) => handle(data), {
        ...where,
        concurrency: slots,
        autorun: false,
        removeOnComplete: true,
      }),
  };
}

/** Jobs that wait or run. */
export async function unfinishedOf(queue: BunQueue<never>): Promise<number> {
  const { waiting = 0, active = 0, delayed = 0 } = await queue.getJobCountsAsync();
  return waiting + active + delayed;
}
