import { SluiceError } from '@sluice/queue/contracts';

/** The request came without an API key, or with one that is unknown, revoked or expired: which of these is not said to a stranger. */
export class UnauthorizedError extends SluiceError {
  readonly code = 'SLUICE_UNAUTHORIZED';

  constructor(hasKey: boolean) {
    super(
      hasKey
        ? 'this API key is unknown, revoked or expired'
        : 'an API key is required: Authorization: Bearer sluice_…, as `sluice keys add` prints it',
    );
  }
}

/** The API key does not allow this. */
export class ForbiddenError extends SluiceError {
  readonly code = 'SLUICE_FORBIDDEN';
}

/** This key has sent as many requests in this second as it may. */
export class RateLimitedError extends SluiceError {
  readonly code = 'SLUICE_RATE_LIMITED';
  readonly retryAfterMs: number;

  constructor(perSecond: number, retryAfterMs: number) {
    super(`this API key may send ${perSecond} requests a second here`);
    this.retryAfterMs = retryAfterMs;
  }
}
