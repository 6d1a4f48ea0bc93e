export { type ConsoleService, type ConsoleServiceOptions, startConsole } from './console-service.ts';
export type { HttpApiOptions } from './http-api.ts';
export { type HttpAuth, HttpService, type HttpServiceOptions } from './http-service.ts';
export type { HttpMetrics } from './routes/metrics.ts';
export type { RequestLine } from './requests/request-log.ts';
export type { JobQueueClient } from './routes/served-queues.ts';
export { sluiceHttp, type SluiceHttpOptions } from './sluice-http.ts';
