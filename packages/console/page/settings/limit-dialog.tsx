import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ContractLimits } from '@sluice/queue';
import { ask, ofQueue } from '../api/ask.ts';
import { Confirm } from '../ui/confirm.tsx';
import { plural } from '../ui/format.ts';

/** Changes how many jobs run at once and start in a second; an empty field is no limit. */
export function LimitDialog({
  queue,
  job,
  of,
  active,
  onDone,
  onClose,
}: {
  queue: string;
  job: string | null;
  of: Pick<ContractLimits, 'running' | 'rate'>;
  active: number | null;
  onDone: () => void;
  onClose: () => void;
}): JSX.Element {
  const [running, setRunning] = useState(of.running === null ? '' : String(of.running));
  const [rate, setRate] = useState(of.rate === null ? '' : String(of.rate.jobs));
  const [seconds, setSeconds] = useState(of.rate === null ? '1' : String(of.rate.perMs / 1_000));
  const set = async (): Promise<string> => {
    const body = {
      ...(job !== null && { job }),
      running: running === '' ? null : Number(running),
      rate: rate === '' ? null : { jobs: Number(rate), perMs: Math.round(Number(seconds) * 1_000) },
    };
    await ask(ofQueue(queue, 'limits'), { method: 'PATCH', body });
    onDone();
    return 'The limits hold for all workers from now on.';
  };
  const above = active === null || running === '' ? 0 : active - Number(running);
  return (
    <Confirm title={`Limit ${job ?? queue}`} verb="Set" onRun={set} onClose={onClose}>
      <label class="field">
        <span>Jobs that run at once; empty for no limit</span>
        <input type="number" min={1} value={running} onInput={(event) => setRunning(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>Jobs that start; empty for no limit</span>
        <input type="number" min={1} value={rate} onInput={(event) => setRate(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>in this number of seconds</span>
        <input
          type="number"
          min={0.001}
          step="any"
          value={seconds}
          onInput={(event) => setSeconds(event.currentTarget.value)}
        />
      </label>
      {above > 0 && (
        <p class="warn">
          {plural(above, 'job runs', 'jobs run')} above that now. They continue; none starts until they are done.
        </p>
      )}
    </Confirm>
  );
}
