import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { AdminStats } from '@sluice/queue';
import { ActButton } from '../ui/act-button.tsx';
import { count } from '../ui/format.ts';
import { When } from '../ui/time.tsx';
import { useChange } from '../ui/use-change.ts';
import { CapacityDialog, DefinedCapacityDialog } from './capacity-dialog.tsx';
import { SealDialog } from './seal-dialog.tsx';

const eventTexts = {
  all: 'all of them are written',
  ended: 'only ends are written: live views and timelines are short',
  none: 'none is written: live views and timelines are empty',
} as const satisfies Record<AdminStats['events'], string>;

/** What holds for the queue as a whole: how much it may hold and by whose word, and whether it takes puts. */
export function QueueSettings({ queue, stats }: { queue: string; stats: AdminStats }): JSX.Element {
  const [open, setOpen] = useState<'capacity' | 'defined' | 'seal' | null>(null);
  const { reason } = useChange('admin');
  const { capacityFrom, sealed, events } = stats;
  const close = (): void => setOpen(null);
  return (
    <dl class="settings">
      <Setting
        name="Capacity"
        value={<CapacityText stats={stats} />}
        actions={
          <>
            <ActButton reason={reason} onAct={() => setOpen('capacity')}>
              Change capacity …
            </ActButton>
            <ActButton
              reason={reason ?? (capacityFrom?.source === 'set' ? null : 'it was not set at run time')}
              onAct={() => setOpen('defined')}
            >
              Use that of the definition …
            </ActButton>
          </>
        }
      />
      <Setting
        name="Puts"
        value={sealed ? <span class="warn">▲ sealed: none is taken</span> : 'taken while there is capacity'}
        actions={
          <ActButton reason={reason} onAct={() => setOpen('seal')}>
            {sealed ? 'Unseal …' : 'Seal …'}
          </ActButton>
        }
      />
      <Setting name="Events" value={eventTexts[events]} />
      {open === 'capacity' && <CapacityDialog queue={queue} stats={stats} onClose={close} />}
      {open === 'defined' && <DefinedCapacityDialog queue={queue} onClose={close} />}
      {open === 'seal' && <SealDialog queue={queue} stats={stats} onClose={close} />}
    </dl>
  );
}

function Setting({
  name,
  value,
  actions,
}: {
  name: string;
  value: ComponentChildren;
  actions?: JSX.Element;
}): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <span>{value}</span>
        {actions && <span class="row-actions">{actions}</span>}
      </dd>
    </div>
  );
}

function CapacityText({ stats: { capacity, capacityFrom } }: { stats: AdminStats }): JSX.Element {
  if (capacity === null || !capacityFrom) return <>none is set: nothing is bounded</>;
  const owners = {
    set: 'set at run time, above every definition',
    definition: `of the newest definition, revision ${String(capacityFrom.revision)}`,
    fallback: 'a definition will state it with the next call',
  } as const;
  return (
    <>
      <strong>{count(capacity)}</strong>, {owners[capacityFrom.source]}
      {capacityFrom.sinceMs !== null && (
        <>
          , <When at={capacityFrom.sinceMs} />
        </>
      )}
    </>
  );
}
