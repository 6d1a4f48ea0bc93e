export { fetchErrorCodes, fetchUrl, type FetchErrorCode } from './jobs/http-fetch.ts';
export { pageDigest, pageDigestLimits } from './jobs/page-digest.ts';
export { deliverWebhook } from './jobs/webhook-deliver.ts';
export { shippedJobs } from './queues/shipped-queue.ts';
export { shippedQueue, type ShippedQueue, type ShippedQueueSettings } from './queues/shipped-queue.ts';
