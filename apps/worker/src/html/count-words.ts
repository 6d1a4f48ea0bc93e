/** Between two looks at the signal. */
const LOOK_EVERY = 1_024;

/**
 * Counts the words of a text by Unicode's rules, which know languages that write no spaces.
 *
 * @throws the signal's reason when it aborts
 */
export function countWords(text: string, language: string | null, signal: AbortSignal): number {
  const segmenter = new Intl.Segmenter(language ?? undefined, { granularity: 'word' });
  let words = 0;
  let looked = 0;
  for (const { isWordLike } of segmenter.segment(text)) {
    if (isWordLike) words += 1;
    looked += 1;
    if (looked % LOOK_EVERY === 0) signal.throwIfAborted();
  }
  return words;
}
