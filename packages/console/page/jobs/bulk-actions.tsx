import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { JobSnapshotState } from '@sluice/queue';
import { ActButton } from '../ui/act-button.tsx';
import { count } from '../ui/format.ts';
import { useChange } from '../ui/use-change.ts';
import { BulkDialog } from './bulk-dialog.tsx';
import type { BulkKind, BulkTarget } from './bulk-run.ts';
import type { JobSearch } from './search-text.ts';
import type { JobPages } from './use-job-pages.ts';
import type { Selection } from './use-selection.ts';

const ENDED: readonly JobSnapshotState[] = ['completed', 'dead'];
const kinds: readonly BulkKind[] = ['cancel', 'replay', 'purge'];
const verbs: Readonly<Record<BulkKind, string>> = { cancel: 'Cancel', replay: 'Replay', purge: 'Purge' };

interface BulkActionsProps {
  readonly queue: string;
  readonly states: readonly JobSnapshotState[];
  readonly search: JobSearch | null;
  readonly selection: Selection;
  readonly pages: JobPages;
}

/** What can be done with the jobs that are selected, or with all that match when none is. */
export function BulkActions({ queue, states, search, selection, pages }: BulkActionsProps): JSX.Element {
  const [kind, setKind] = useState<BulkKind | null>(null);
  const { reason } = useChange();
  const picked = pages.jobs.filter(({ id }) => selection.ids.has(id));
  const isPicked = picked.length > 0;
  const target = (of: BulkKind): BulkTarget => {
    if (!isPicked) return { search: search ?? {}, states: states.filter((state) => !ENDED.includes(state)) };
    return { ids: picked.filter(({ state }) => fits(of, state)).map(({ id }) => id) };
  };
  const why = (of: BulkKind): string | null => {
    if (reason !== null) return reason;
    if (search === null) return 'the search is not understood';
    const meant = isPicked ? picked.map(({ state }) => state) : states;
    if (meant.length > 0 && !meant.some((state) => fits(of, state)))
      return of === 'cancel' ? 'these have ended' : 'these are not dead';
    return null;
  };
  return (
    <div class="bulk" role="group" aria-label="Actions">
      <span>{isPicked ? `${count(picked.length)} selected:` : 'All that match:'}</span>
      {kinds.map((each) => (
        <ActButton key={each} reason={why(each)} onAct={() => setKind(each)}>
          {verbs[each]} …
        </ActButton>
      ))}
      {isPicked && (
        <button type="button" class="quiet" onClick={() => selection.setAll([])}>
          Select none
        </button>
      )}
      {kind !== null && (
        <BulkDialog
          queue={queue}
          kind={kind}
          target={target(kind)}
          onClose={(hasRun) => {
            setKind(null);
            if (!hasRun) return;
            selection.setAll([]);
            pages.reload();
          }}
        />
      )}
    </div>
  );
}

function fits(kind: BulkKind, state: JobSnapshotState): boolean {
  return kind === 'cancel' ? !ENDED.includes(state) : state === 'dead';
}
