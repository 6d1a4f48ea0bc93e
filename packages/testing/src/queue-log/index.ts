export type { Admission, DeliveryEntry, JobEntry, QueueLog, WaitingTicket } from './queue-log.ts';
export { readQueueLog } from './read-queue-log.ts';
