import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ConsoleJob } from '@sluice/http/console';
import { ask, ofQueue } from '../api/ask.ts';
import { ActButton } from '../ui/act-button.tsx';
import { Confirm } from '../ui/confirm.tsx';
import { useChange } from '../ui/use-change.ts';
import { CopyDialog } from './copy-dialog.tsx';
import { EditDialog } from './edit-dialog.tsx';

interface JobActionsProps {
  readonly queue: string;
  readonly id: string;
  readonly job: ConsoleJob;
  readonly onChanged: () => void;
}

const WAITS: readonly string[] = ['waiting', 'delayed'];

/** What can be done with one job. */
export function JobActions({ queue, id, job, onChanged }: JobActionsProps): JSX.Element {
  const [open, setOpen] = useState<'retry' | 'cancel' | 'edit' | 'copy' | null>(null);
  const { reason } = useChange();
  const { state } = job.why;
  const isOver = state === 'completed' || state === 'dead' || state === 'unknown';
  const close = (): void => setOpen(null);
  const retry = async (): Promise<string> => {
    const body = { ids: [id], waitMs: 5_000 };
    const { results } = await ask<{ results: Record<string, number> }>(ofQueue(queue, 'dead-letters/replay'), {
      method: 'POST',
      body,
    });
    onChanged();
    return results['replayed']
      ? 'It waits again, with new attempts.'
      : `It was not replayed: ${Object.keys(results).join(', ') || 'the queue is full'}.`;
  };
  const cancel = async (): Promise<string> => {
    const { outcome } = await ask<{ outcome: string }>(ofQueue(queue, `jobs/${encodeURIComponent(id)}`), {
      method: 'DELETE',
    });
    onChanged();
    return `Outcome: ${outcome}.`;
  };
  return (
    <div class="bulk" role="group" aria-label="Actions">
      <ActButton
        reason={reason ?? (state === 'dead' ? null : 'only a dead job is retried')}
        onAct={() => setOpen('retry')}
      >
        Retry
      </ActButton>
      <ActButton reason={reason ?? (isOver ? 'it has ended' : null)} onAct={() => setOpen('cancel')}>
        Cancel …
      </ActButton>
      <ActButton
        reason={reason ?? (WAITS.includes(state) ? null : 'only a job that waits is edited')}
        onAct={() => setOpen('edit')}
      >
        Edit …
      </ActButton>
      <ActButton reason={job.texts ? null : 'the job is not kept'} onAct={() => setOpen('copy')}>
        Copy as command …
      </ActButton>
      {open === 'retry' && (
        <Confirm title={`Retry ${id}?`} verb="Retry" onRun={retry} onClose={close}>
          <p>It waits again under its id, with all of its attempts.</p>
        </Confirm>
      )}
      {open === 'cancel' && (
        <Confirm title={`Cancel ${id}?`} verb="Cancel the job" kind="danger" onRun={cancel} onClose={close}>
          <p>
            {state === 'active'
              ? 'Its handler is told to stop; then it is dead.'
              : 'It is removed, and its capacity is free.'}
          </p>
        </Confirm>
      )}
      {open === 'edit' && job.texts && job.details && (
        <EditDialog queue={queue} id={id} texts={job.texts} details={job.details} onDone={onChanged} onClose={close} />
      )}
      {open === 'copy' && job.texts && (
        <CopyDialog queue={queue} job={job.why.job ?? ''} texts={job.texts} onClose={close} />
      )}
    </div>
  );
}
