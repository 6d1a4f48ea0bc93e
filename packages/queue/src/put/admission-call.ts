import type { AdmissionReply } from '../store/admission/admission.ts';
import { isNotReady } from '../store/connection/redis-errors.ts';
import type { PendingPut } from './pending-put.ts';

export interface AdmissionCallOptions {
  /** Whether the put may be sent now; if not, it is rejected. */
  maySend: (put: PendingPut) => boolean;
  /** Sends these puts to the admission script. */
  admit: (puts: readonly PendingPut[]) => Promise<AdmissionReply>;
}

/**
 * The puts of one call of the admission script. Which of them are sent is decided when they are: a put that was called off while
 * its call waited for a connection never is. Once a copy may have reached Redis, every further copy holds the same puts.
 */
export class AdmissionCall {
  readonly #puts: readonly PendingPut[];
  readonly #options: AdmissionCallOptions;
  #sent: readonly PendingPut[] = [];
  #mayBeIn = false;

  constructor(puts: readonly PendingPut[], options: AdmissionCallOptions) {
    this.#puts = puts;
    this.#options = options;
  }

  /** Those that the reply is about, in its order. */
  get sent(): readonly PendingPut[] {
    return this.#sent;
  }

  /** Sends a copy. Undefined when nobody is left to send. */
  async send(): Promise<AdmissionReply | undefined> {
    if (!this.#mayBeIn) this.#sent = this.#puts.filter((put) => this.#options.maySend(put));
    if (this.#sent.length === 0) return undefined;
    this.#mark(true);
    try {
      return await this.#options.admit(this.#sent);
    } catch (error) {
      if (isNotReady(error) && !this.#mayBeIn) this.#mark(false);
      else this.#mayBeIn = true;
      throw error;
    }
  }

  #mark(sent: boolean): void {
    for (const put of this.#sent) put.sent = sent;
  }
}
