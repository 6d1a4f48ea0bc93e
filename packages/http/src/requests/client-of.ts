import type { FastifyRequest } from 'fastify';

/** Whose bounds a request counts against: its API key's client, else the address that it came from. */
export function clientOf({ sluiceClient, ip }: FastifyRequest): string {
  return sluiceClient === '' ? `address ${ip}` : `client ${sluiceClient}`;
}
