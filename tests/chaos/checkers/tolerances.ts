/** How strictly a run is checked: every number and every tolerated fault in one place. */
export interface Tolerances {
  /** The pool's lease, and how often it is renewed. */
  leaseMs: number;
  renewMs: number;
  /** The contract's grace, and how much longer a lease may last so that the end itself can be written. */
  graceMs: number;
  settleMarginMs: number;
  /** How much later than promised anything may be seen: clocks are read in two processes, on a machine that is full. */
  marginMs: number;
  /** How long a connection may be silent before it is opened anew: so much later may be reached what was out of reach. */
  silenceMs: number;
  /** How long after a broken wire or a thawed process the next renewal may take. */
  recoveryMs: number;
  /** Reasons for which a lost lease is tolerated although the worker lives and was not disturbed itself. Empty: none. */
  tolerate: ReadonlySet<Tolerable>;
}

/** `redis-away`: Redis itself was stopped or restarted. `blocked-loop`: a handler blocked its process. */
export const tolerables = ['redis-away', 'blocked-loop'] as const;
export type Tolerable = (typeof tolerables)[number];
