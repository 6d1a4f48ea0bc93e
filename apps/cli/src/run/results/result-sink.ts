/** Where results go: a file or a pipe. */
export interface ResultSink {
  /** Resolves when the bytes are with the operating system. Calls do not overlap. */
  write(bytes: Buffer): Promise<void>;
  /** Resolves when all is as safe as it can be. */
  finish(): Promise<void>;
  close(): Promise<void>;
}
