/** What each program gets as JSON in its first argument. */
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

/** The message that asks a producer to put no more. */
export const finish = 'finish';

/** Reads the options, and ends this process when its parent is gone. */
export function readProgramOptions(): ProgramOptions {
  process.once('disconnect', () => process.exit(1));
  return JSON.parse(process.argv[2] ?? '') as ProgramOptions;
}
