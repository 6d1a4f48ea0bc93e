import type { TestServer } from '@sluice/testing';

/** What a run is made of. */
export interface BoundRunOptions {
  producerProgram: 'producer-program' | 'naive-producer-program';
  capacity: number;
  /** How many processes put, and how many producers each of them has. */
  processes: number;
  producersEach: number;
  jobsPerProducer: number;
  workers: number;
  /** Of each worker. */
  concurrency: number;
  leaseMs: number;
  /** How many are killed with -9 and replaced, spread over the run. */
  producerKills: number;
  workerKills: number;
  /** How long to wait for each thing that must happen. */
  timeoutMs: number;
  /** What else happens to Redis in the middle of the run. */
  disturb?: (server: TestServer) => Promise<void>;
}
