/** What the harness tells each of its programs, as JSON in the first argument. */
export interface ProgramOptions {
  /** Unique among all processes of a run, the killed ones too. */
  name: string;
  url: string;
  historyFile: string;
  capacity: number;
}

export interface ProducerProgramOptions extends ProgramOptions {
  /** Names the ids; a process that takes a killed one's place has the same. */
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

/** Every id that a member's producers put, the n-th of each before the next of any. */
export function idsOf(member: string, producer: number, jobs: number): string[] {
  return Array.from({ length: jobs }, (_, n) => `${member}-${producer}-${n}`);
}

/** Ends this process when the one that started it is gone. */
export function endWithParent(): void {
  process.once('disconnect', () => process.exit(1));
}
