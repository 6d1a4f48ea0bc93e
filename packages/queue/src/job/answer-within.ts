/** A call had no answer in time. It may still be executed. */
export class NoAnswerError extends Error {
  constructor(ms: number) {
    super(`no answer within ${ms} ms`);
    this.name = 'NoAnswerError';
  }
}

/**
 * Waits for an answer, but not for ever.
 *
 * @param onLate gets an answer that comes after all
 * @throws NoAnswerError
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
      reject(new NoAnswerError(ms));
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
