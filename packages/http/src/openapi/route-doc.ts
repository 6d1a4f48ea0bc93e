import type { z } from 'zod';
import type { ProblemCode } from '../problems/error-responses.ts';

/** What a route says of itself to the OpenAPI document. */
export interface RouteDoc {
  /** One line. */
  readonly summary: string;
  /** The fields of its query. */
  readonly query?: z.ZodObject;
  /** Its body, as JSON. */
  readonly body?: z.ZodType;
  /** Its body as lines of JSON, where it takes them, too. */
  readonly lines?: z.ZodType;
  /** The statuses of its answers that are no problems. Default 200. */
  readonly statuses?: readonly number[];
  /** Their body, where it is described. */
  readonly answer?: z.ZodType;
  /** Their media type. Default JSON. */
  readonly media?: string;
  /** Codes of problems that are its own: those that any route of its kind may answer are added. */
  readonly problems?: readonly ProblemCode[];
  /** Its headers. */
  readonly headers?: readonly RequestHeader[];
}

/** A header that requests may have. */
export type RequestHeader = 'Idempotency-Key' | 'Prefer';
