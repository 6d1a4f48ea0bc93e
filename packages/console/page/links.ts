/** The parts of the page of a queue. */
export const queueTabs = ['jobs', 'dead', 'waiters', 'workers', 'schedules', 'history', 'settings'] as const;
export type QueueTab = (typeof queueTabs)[number];

/** The address of a queue's page, with a tab and what is asked of it. */
export function queueLink(queue: string, tab?: QueueTab, query: Record<string, string> = {}): string {
  const path = `/queues/${encodeURIComponent(queue)}${tab ? `/${tab}` : ''}`;
  const search = new URLSearchParams(query).toString();
  return search === '' ? path : `${path}?${search}`;
}

/** The address of a job's page. */
export function jobLink(queue: string, id: string): string {
  return `${queueLink(queue, 'jobs')}/${encodeURIComponent(id)}`;
}
