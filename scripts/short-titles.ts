import { beforeEach } from 'vitest';

/** A title is a sentence that says what holds. One that does not fit a line of a report says more, or says it in too many words. */
const TITLE_MAX = 100;

beforeEach(({ task: { name } }) => {
  if (name.length > TITLE_MAX)
    throw new Error(`a test's title has at most ${TITLE_MAX} characters, not ${name.length}: ${name.slice(0, 200)}`);
});
