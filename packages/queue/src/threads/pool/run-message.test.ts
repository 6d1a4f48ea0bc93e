import { expect, it } from 'vitest';
import { silentLogger } from '../../job/logging/logger.ts';
import type { Attempt } from '../../job/handler/attempt.ts';
import { runMessage } from './run-message.ts';

class ClassyAttempt {
  readonly id = 'a';
  readonly payload = { secret: true };
  readonly progress = (): void => undefined;
  readonly #deadlineAtMs = 5;

  get deadlineAtMs(): number {
    return this.#deadlineAtMs;
  }

  get signal(): AbortSignal {
    return new AbortController().signal;
  }

  get log(): Attempt['log'] {
    return silentLogger();
  }

  ack(): void {}
}

it('an attempt is handed to a thread with all its properties, but for those that are made there', () => {
  const message = runMessage(new ClassyAttempt() as unknown as Attempt, { version: 2, json: '{}' });
  expect(message).toEqual({
    type: 'run',
    version: 2,
    json: '{}',
    data: { id: 'a', deadlineAtMs: 5 },
    methods: ['progress', 'ack'],
    logLevel: 'silent',
  });
  expect(structuredClone(message)).toEqual(message);
});
