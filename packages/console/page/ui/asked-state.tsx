import type { JSX } from 'preact';
import type { Asked } from '../api/use-asked.ts';

/** What is shown in place of data that is not there, or above data that is old. Nothing when all is well. */
export function AskedState({ asked }: { asked: Asked<unknown> }): JSX.Element | null {
  if (asked.error)
    return (
      <p class="notice bad" role="alert">
        {asked.error.message}{' '}
        <button type="button" class="quiet" onClick={asked.reload}>
          Try again
        </button>
      </p>
    );
  return asked.data === null && asked.isLoading ? <p class="nothing">Loading.</p> : null;
}
