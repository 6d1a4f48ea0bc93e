export type { Admission, DeliveryEntry, JobEntry, QueueLog, RunningLimit, WaitingTicket } from './queue-log.ts';
export { readQueueLog } from './read-queue-log.ts';
