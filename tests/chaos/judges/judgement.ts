/** How strictly a run is judged: every number and every excuse in one place. */
export interface Judgement {
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
  /** Reasons that excuse a lost lease although the worker lives and was not disturbed itself. Empty: none. */
  forgive: ReadonlySet<Forgivable>;
}

/** `redis-away`: Redis itself was stopped or restarted. `blocked-loop`: a handler blocked its process. */
export const forgivables = ['redis-away', 'blocked-loop'] as const;
export type Forgivable = (typeof forgivables)[number];
