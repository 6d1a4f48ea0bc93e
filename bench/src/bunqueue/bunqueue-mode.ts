/**
 * How bunqueue keeps jobs, of the ways that it documents.
 * `memory`: a server without a file, which loses jobs with its process, as Redis does here. `sqlite`: a server that writes to its
 * file a little later. `durable`: the same, each job written before its add is answered. `embedded`: memory of the process itself.
 */
export type BunqueueMode = 'memory' | 'sqlite' | 'durable' | 'embedded';

/** What a contender's process is told about where bunqueue is. */
export interface BunqueueAddress {
  readonly folder: string;
  /** Of its server on loopback; null when it is embedded. */
  readonly port: number | null;
}
