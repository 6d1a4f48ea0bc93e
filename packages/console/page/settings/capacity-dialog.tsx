import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AdminStats } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { Confirm } from '../ui/confirm.tsx';
import { count } from '../ui/format.ts';
import { capacityEffect } from './capacity-effect.ts';

type CapacityAnswer = Pick<AdminStats, 'capacity' | 'capacityFrom' | 'depth' | 'over'>;

/** Sets the capacity, and says before what that would do. */
export function CapacityDialog({
  queue,
  stats,
  onClose,
}: {
  queue: string;
  stats: AdminStats;
  onClose: () => void;
}): JSX.Element {
  const [text, setText] = useState(String(stats.capacity ?? ''));
  const wanted = Number(text);
  const isValid = text !== '' && Number.isSafeInteger(wanted) && wanted >= 1;
  const effect = isValid ? capacityEffect(stats, wanted) : null;
  const set = async (): Promise<string> => {
    const body = { capacity: wanted };
    return resultText(await ask<CapacityAnswer>(ofQueue(queue, 'capacity'), { method: 'PUT', body }));
  };
  return (
    <Confirm title={`Capacity of ${queue}`} verb="Set" isValid={isValid} onRun={set} onClose={onClose}>
      <label class="field">
        <span>Unfinished jobs that it may hold</span>
        <input
          type="number"
          min={1}
          step={1}
          required
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <p class={effect?.level} role="status">
        {effect ? effect.text : 'A whole number from 1.'}
      </p>
      <p class="nothing">
        It holds for all processes at once, above every definition, until it is left to the definition again.
      </p>
    </Confirm>
  );
}

/** Takes back what was set at run time. */
export function DefinedCapacityDialog({ queue, onClose }: { queue: string; onClose: () => void }): JSX.Element {
  const clear = async (): Promise<string> =>
    resultText(await ask<CapacityAnswer>(ofQueue(queue, 'capacity'), { method: 'DELETE' }));
  return (
    <Confirm title={`Use the capacity of the definition of ${queue}?`} verb="Use that" onRun={clear} onClose={onClose}>
      <p>
        The capacity of the newest definition that is in use counts again. Which number that is, Redis says only
        afterwards.
      </p>
    </Confirm>
  );
}

function resultText({ capacity, depth, over }: CapacityAnswer): string {
  if (capacity === null) return 'The queue has no capacity now: no definition is in use.';
  const state = over > 0 ? `${count(over)} over` : `${count(depth)} in the queue`;
  return `The capacity is ${count(capacity)}: ${state}.`;
}
