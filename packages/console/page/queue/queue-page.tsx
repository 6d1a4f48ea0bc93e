import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { Link, useParams } from 'wouter-preact';
import { DeadTab } from '../dead/dead-tab.tsx';
import { HistoryTab } from '../history/history-tab.tsx';
import { JobsTab } from '../jobs/jobs-tab.tsx';
import { queueLink, type QueueTab, queueTabs } from '../links.ts';
import { useLive, useShown } from '../live/use-live.ts';
import { SchedulesTab } from '../schedules/schedules-tab.tsx';
import { SettingsTab } from '../settings/settings-tab.tsx';
import { UnknownPage } from '../shell/unknown-page.tsx';
import { useTitle } from '../shell/use-title.ts';
import { WaitersTab } from '../waiters/waiters-tab.tsx';
import { WorkersTab } from '../workers/workers-tab.tsx';
import { QueueHead } from './queue-head.tsx';

const titles: Readonly<Record<QueueTab, string>> = {
  jobs: 'Jobs',
  dead: 'Dead letters',
  waiters: 'Waiters',
  workers: 'Workers',
  schedules: 'Schedules',
  history: 'History',
  settings: 'Settings',
};

const views: Readonly<Record<QueueTab, (props: { queue: string }) => JSX.Element>> = {
  jobs: JobsTab,
  dead: DeadTab,
  waiters: WaitersTab,
  workers: WorkersTab,
  schedules: SchedulesTab,
  history: HistoryTab,
  settings: SettingsTab,
};

/** One queue, and the parts of its page. */
export function QueuePage(): JSX.Element {
  const { queue: raw, tab = 'jobs' } = useParams<{ queue: string; tab?: string }>();
  const queue = decodeURIComponent(raw);
  useShown(queue);
  useTitle(queue);
  const { queues } = useLive();
  const current = queueTabs.find((each) => each === tab);
  const tabs = useRef<HTMLElement>(null);
  // On a phone not all of them are seen.
  useEffect(() => {
    const open = tabs.current?.querySelector('[aria-current]');
    if (tabs.current && open instanceof HTMLElement)
      tabs.current.scrollLeft = open.offsetLeft - tabs.current.offsetLeft - 24;
  }, [current]);
  if (!current) return <UnknownPage />;
  const View = views[current];
  return (
    <>
      <nav class="crumbs" aria-label="Where this is">
        <Link href="/">Queues</Link> <span aria-hidden="true">/</span>
      </nav>
      <QueueHead queue={queue} row={queues.get(queue)} />
      <nav ref={tabs} class="tabs" aria-label={`Parts of ${queue}`}>
        {queueTabs.map((each) => (
          <Link key={each} href={queueLink(queue, each)} aria-current={each === current ? 'page' : undefined}>
            {titles[each]}
          </Link>
        ))}
      </nav>
      <View key={queue} queue={queue} />
    </>
  );
}
