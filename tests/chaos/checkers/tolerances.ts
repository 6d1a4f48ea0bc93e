/** How strictly a run is checked: all numbers and tolerated faults in one place. */
export interface Tolerances {
  /** The pool's lease, and how often it is renewed. */
  leaseMs: number;
  renewMs: number;
  /** The contract's grace, and how much longer a lease may last so that the outcome can be written. */
  graceMs: number;
  settleMarginMs: number;
  /** How late an event may be seen: clocks are read in two processes, on a busy machine. */
  marginMs: number;
  /** How long a connection may be silent before it is reopened, and so how late Redis may be reached again. */
  silenceMs: number;
  /** How long the next renewal may take after a connection or a process is back. */
  recoveryMs: number;
  /** Faults after which a living, undisturbed worker may lose a lease. Empty: none. */
  tolerate: ReadonlySet<Tolerable>;
}

/** `redis-away`: Redis itself was stopped or restarted. `blocked-loop`: a handler blocked its process. */
export const tolerables = ['redis-away', 'blocked-loop'] as const;
export type Tolerable = (typeof tolerables)[number];
