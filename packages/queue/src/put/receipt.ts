/** What a put answers with. Plain data: it survives JSON, and any process can ask for the result with it. */
export interface Receipt<Name extends string = string> {
  /** The caller's id, or the one that was generated. */
  id: string;
  /** The contract's name. */
  job: Name;
  /**
   * `created`: the job is new. `duplicate`: the id is known, with this payload.
   * `deduplicated`: BullMQ's deduplication joined it to another job.
   */
  status: 'created' | 'duplicate' | 'deduplicated';
  /** Unfinished jobs right after this put. */
  depth: number;
  /** The most unfinished jobs that the queue may hold. */
  capacity: number;
  /** How long the put waited for capacity, in milliseconds; 0 when there was free capacity at once. */
  waitedMs: number;
  /** The id of the job that was dropped for this one, under a drop policy; absent when there was free capacity. */
  dropped?: string;
}
