/** What a command has of the world around it. */
export interface BenchContext {
  /** Aborted by the first Ctrl-C. */
  readonly signal: AbortSignal;
  /** Writes to standard output: figures only. */
  readonly print: (text: string) => void;
  /** Writes to standard error: what is going on. */
  readonly onProgress: (line: string) => void;
}
