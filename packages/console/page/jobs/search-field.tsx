import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { useLive } from '../live/use-live.ts';
import { searchFields } from './search-text.ts';

/** One field for all that jobs are found by, with completions for its last word. */
export function SearchField({
  queue,
  text,
  wrong,
  onSearch,
}: {
  queue: string;
  text: string;
  wrong: string | null;
  onSearch: (text: string) => void;
}): JSX.Element {
  const id = useId();
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const contracts = useLive().queues.get(queue)?.jobs ?? [];
  const before = typed.slice(0, typed.lastIndexOf(' ') + 1);
  const words = [...searchFields.map(([field]) => field), ...contracts.map((job) => `job:${job}`)];
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(typed);
      }}
    >
      <label for={`${id}-field`} class="hidden">
        Search jobs
      </label>
      <input
        id={`${id}-field`}
        data-search
        type="search"
        autocomplete="off"
        spellcheck={false}
        list={`${id}-words`}
        placeholder="an id, or job:… error:… payload.to=… age>1h"
        aria-invalid={wrong !== null}
        aria-describedby={`${id}-help`}
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
      />
      <datalist id={`${id}-words`}>
        {words.map((word) => (
          <option key={word} value={`${before}${word}`} />
        ))}
      </datalist>
      <button type="submit">Search</button>
      <p id={`${id}-help`} class={wrong === null ? 'hidden' : 'bad'}>
        {wrong ?? searchFields.map(([field, what]) => `${field} ${what}`).join('; ')}
      </p>
    </form>
  );
}
