import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AdminStats } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { Confirm } from '../ui/confirm.tsx';
import { plural } from '../ui/format.ts';

/** Seals a queue, or opens it again. A seal asks for its name, because its producers get errors. */
export function SealDialog({
  queue,
  stats: { sealed, depth, waiters },
  onClose,
}: {
  queue: string;
  stats: AdminStats;
  onClose: () => void;
}): JSX.Element {
  // What it was when the dialog was opened: the numbers go on behind it.
  const [isOpening] = useState(sealed);
  const turn = async (): Promise<string> => {
    await ask(ofQueue(queue, isOpening ? 'unseal' : 'seal'), { method: 'POST' });
    return isOpening ? `${queue} takes puts again.` : `${queue} takes no puts until it is unsealed.`;
  };
  if (isOpening)
    return (
      <Confirm title={`Unseal ${queue}?`} verb="Unseal" onRun={turn} onClose={onClose}>
        <p>It takes puts again while there is capacity.</p>
      </Confirm>
    );
  return (
    <Confirm
      title={`Seal ${queue}?`}
      verb="Seal"
      kind="danger"
      typed={queue}
      typedWhy="its producers get errors"
      onRun={turn}
      onClose={onClose}
    >
      <p>
        Puts are refused in all processes{waiters.puts > 0 && `, also the ${plural(waiters.puts, 'put')} that wait now`}
        . {plural(depth, 'job')} in the queue and retries continue.
      </p>
    </Confirm>
  );
}
