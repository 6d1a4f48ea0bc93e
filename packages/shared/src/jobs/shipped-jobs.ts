import { fetchUrl } from './http-fetch.ts';
import { pageDigest } from './page-digest.ts';

/** The jobs of the queue that the producer service and the workers share. Each has its handler in the worker's registry. */
export const shippedJobs = [fetchUrl, pageDigest] as const;
