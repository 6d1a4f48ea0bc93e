/** What each program gets as JSON in its first argument. */
export interface ProgramOptions {
  /** Unique among all processes of a run, the killed ones too. */
  name: string;
  url: string;
  historyFile: string;
  capacity: number;
}

export interface ProducerProgramOptions extends ProgramOptions {
  /** The prefix of the ids. A process that replaces a killed one has the same. */
  member: string;
  producers: number;
  jobsPerProducer: number;
}

export interface WorkerProgramOptions extends ProgramOptions {
  concurrency: number;
  leaseMs: number;
}

export function readOptions<Options extends ProgramOptions>(): Options {
  return JSON.parse(process.argv[2] ?? '') as Options;
}

/** The ids that one producer of a member puts, in their order. */
export function idsOf(member: string, producer: number, jobs: number): string[] {
  return Array.from({ length: jobs }, (_, n) => `${member}-${producer}-${n}`);
}

/** Ends this process when its parent is gone. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(1));
}
