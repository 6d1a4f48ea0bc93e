export interface RedisTimeoutOptions extends ErrorOptions {
  /** Whether Redis may have executed the call. */
  readonly sent: boolean;
}

/** A call to Redis was not answered in time. */
export class RedisTimeoutError extends Error {
  readonly sent: boolean;

  constructor({ sent, ...options }: RedisTimeoutOptions, message = 'no answer from Redis in time') {
    super(message, options);
    this.name = 'RedisTimeoutError';
    this.sent = sent;
  }
}

/**
 * Waits for the answer to a call that was sent, for at most `ms`.
 *
 * @param onLate gets an answer that comes later
 * @throws RedisTimeoutError
 */
export async function answerWithin<T>(
  answer: Promise<T>,
  ms: number,
  onLate: (late: T) => void = () => undefined,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      reject(new RedisTimeoutError({ sent: true }, `no answer within ${Math.round(ms)} ms`));
    }, ms);
  });
  answer.then(
    (value) => late && onLate(value),
    () => undefined,
  );
  try {
    return await Promise.race([answer, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
