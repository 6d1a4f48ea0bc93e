import type { OperatorQueues } from '../served-queues.ts';

/** What the operator's routes are built from. */
export interface OperatorDeps {
  readonly queues: OperatorQueues;
  /** Whether what changes nothing needs no key either. */
  readonly isReadable: boolean;
  /** Fires when the service stops. */
  readonly stopping: AbortSignal;
  /** Whether requests may use them that need no API key. */
  readonly isOpen: boolean;
}
