import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { TypedName } from '../ui/confirm.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count, duration, plural } from '../ui/format.ts';
import { type BulkKind, type BulkProgress, type BulkTarget, countMatches, runBulk } from './bulk-run.ts';

interface Wording {
  readonly verb: string;
  readonly one: string;
  readonly what: string;
  /** Whether nothing brings them back. */
  readonly isFinal: boolean;
}

const wordings: Readonly<Record<BulkKind, Wording>> = {
  cancel: {
    verb: 'Cancel',
    one: 'job',
    what: 'Jobs that wait are removed. Those that run are told to stop, and are dead then.',
    isFinal: true,
  },
  replay: {
    verb: 'Replay',
    one: 'dead letter',
    what: 'They wait again, under their ids, with new attempts. Each needs capacity, as a put does.',
    isFinal: false,
  },
  purge: {
    verb: 'Purge',
    one: 'dead letter',
    what: 'They are removed for good, with their payloads and failures.',
    isFinal: true,
  },
};

interface BulkDialogProps {
  readonly queue: string;
  readonly kind: BulkKind;
  readonly target: BulkTarget;
  readonly onClose: (hasRun: boolean) => void;
}

type Phase = 'ask' | 'run' | 'done';

/** Counts first, then asks, then does it at a rate, with a way to stop; and says what became of the jobs. */
export function BulkDialog({ queue, kind, target, onClose }: BulkDialogProps): JSX.Element {
  const { verb, one, what, isFinal } = wordings[kind];
  const [matches, setMatches] = useState<{ matched: number; isMore: boolean } | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  const [rate, setRate] = useState(kind === 'purge' ? 1_000 : 100);
  const [typed, setTyped] = useState('');
  const [phase, setPhase] = useState<Phase>('ask');
  const [progress, setProgress] = useState<BulkProgress>({ done: 0, results: {} });
  const [ended, setEnded] = useState('');
  const isStopped = useRef(false);
  useEffect(() => {
    countMatches(queue, kind, target).then(setMatches, (error: Error) => setFailed(error.message));
    return () => (isStopped.current = true);
  }, []);
  const run = (): void => {
    setPhase('run');
    runBulk({ queue, kind, target, ratePerSecond: rate, isStopped: () => isStopped.current, onProgress: setProgress })
      .then(setEnded, (error: Error) => setFailed(error.message))
      .finally(() => setPhase('done'));
  };
  const number = matches ? `${matches.isMore ? 'at least ' : ''}${plural(matches.matched, one)}` : `${one}s`;
  const isReady = matches !== null && matches.matched > 0 && rate >= 1 && (!isFinal || typed === queue);
  return (
    <Dialog title={`${verb} ${number}`} onClose={() => onClose(phase !== 'ask')}>
      {failed !== null && (
        <p class="bad" role="alert">
          {failed}
        </p>
      )}
      {phase === 'ask' && (
        <>
          <p>{matches === null && failed === null ? 'Counting.' : what}</p>
          <label class="field">
            <span>Jobs a second, at most</span>
            <input
              type="number"
              min={1}
              max={10_000}
              value={rate}
              onInput={(event) => setRate(event.currentTarget.valueAsNumber || 0)}
            />
          </label>
          {matches !== null && matches.matched > 0 && rate >= 1 && (
            <p>Takes about {duration((matches.matched / rate) * 1_000)}.</p>
          )}
          {isFinal && <TypedName typed={queue} text={typed} onText={setTyped} />}
        </>
      )}
      {phase !== 'ask' && <Progress matched={matches?.matched ?? 0} progress={progress} phase={phase} ended={ended} />}
      <p class="actions">
        {phase === 'ask' && (
          <>
            <button type="button" onClick={() => onClose(false)}>
              Leave them
            </button>
            <button type="button" class={isFinal ? 'danger' : 'primary'} disabled={!isReady} onClick={run}>
              {verb} {number}
            </button>
          </>
        )}
        {phase === 'run' && (
          <button type="button" onClick={() => (isStopped.current = true)}>
            Stop
          </button>
        )}
        {phase === 'done' && (
          <button type="button" class="primary" onClick={() => onClose(true)}>
            Close
          </button>
        )}
      </p>
    </Dialog>
  );
}

function Progress({
  matched,
  progress: { done, results },
  phase,
  ended,
}: {
  matched: number;
  progress: BulkProgress;
  phase: Phase;
  ended: string;
}): JSX.Element {
  const parts = Object.entries(results).map(([result, jobs]) => `${count(jobs)} ${result}`);
  return (
    <div role="status">
      <progress max={Math.max(1, matched)} value={Math.min(done, matched)} aria-label="Progress" />
      <p>
        {count(done)} of {count(matched)}
        {parts.length > 0 && `: ${parts.join(', ')}`}.
        {phase === 'done' && ended !== '' && ended !== 'end' && ` Ended early: ${ended}.`}
      </p>
    </div>
  );
}
