import { SluiceError } from '@sluice/queue/contracts';

/** A webhook was not delivered, and another attempt may end differently. The message never holds a secret. */
export class WebhookError extends SluiceError {
  static override readonly name = 'WebhookError';
  readonly code = 'SLUICE_WEBHOOK';
}
