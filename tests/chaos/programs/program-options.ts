/** What the run tells each of its programs, as JSON in the first argument. */
export interface ProgramOptions {
  /** Unique among all processes of a run: `<name>.<life>`. */
  name: string;
  managed: string;
  /** From 1. */
  life: number;
  seed: number;
  url: string;
  historyFile: string;
}

/** Sent to a producer that is to put no more. */
export const finish = 'finish';

/** Reads them, and ends this process when the one that started it is gone. */
export function readProgramOptions(): ProgramOptions {
  process.once('disconnect', () => process.exit(1));
  return JSON.parse(process.argv[2] ?? '') as ProgramOptions;
}
