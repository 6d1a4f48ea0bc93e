/** What a process with a pool is started with. */
export interface PoolOptions {
  readonly socketPath: string;
  readonly slots: number;
}

/** Asks for word as soon as this many handlers have started since the process began. */
export interface ExpectStarted {
  readonly started: number;
}

export interface Started {
  readonly id: string;
  /** {@link monotonicMs} */
  readonly at: number;
}
