import type { JSX } from 'preact';

/** A word with a colour, and why on hover. */
export function Badge({
  level,
  word,
  why,
}: {
  level: 'bad' | 'warn' | 'good' | 'plain';
  word: string;
  why?: string;
}): JSX.Element {
  return (
    <span class={`badge ${level}`} title={why}>
      {word}
    </span>
  );
}
