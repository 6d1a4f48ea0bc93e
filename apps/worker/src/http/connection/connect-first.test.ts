import { once } from 'node:events';
import { createServer, Socket, type AddressInfo, type TcpNetConnectOpts } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { connectFirst } from './connect-first.ts';

const v4 = (address: string) => ({ address, family: 4 });
const v6 = (address: string) => ({ address, family: 6 });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Connections that do what a test says. */
function startRace(addresses: { address: string; family: number }[], timeoutMs = 10_000) {
  const tried = new Map<string, Socket>();
  const connect = ({ host = '' }: TcpNetConnectOpts): Socket => {
    const socket = new Socket();
    tried.set(host, socket);
    return socket;
  };
  const race = connectFirst(addresses, { port: 80, timeoutMs, connect });
  race.catch(() => {});
  const of = (address: string): Socket => tried.get(address) ?? new Socket();
  return { race, tried: () => [...tried.keys()], of };
}

const failed = (code: string, address = '') => Object.assign(new Error(code), { code, address });

describe('connectFirst', () => {
  it('gives each address a head start, and none up while others are tried', async () => {
    const { race, tried, of } = startRace([v4('1.1.1.1'), v4('2.2.2.2'), v4('3.3.3.3')]);
    expect(tried()).toEqual(['1.1.1.1']);
    vi.advanceTimersByTime(250);
    expect(tried()).toEqual(['1.1.1.1', '2.2.2.2']);
    vi.advanceTimersByTime(5_000);
    of('1.1.1.1').emit('connect');
    expect(await race).toBe(of('1.1.1.1'));
    expect([of('1.1.1.1'), of('2.2.2.2'), of('3.3.3.3')].map(({ destroyed }) => destroyed)).toEqual([
      false,
      true,
      true,
    ]);
  });

  it('tries the next at once when one fails', async () => {
    const { race, tried, of } = startRace([v4('1.1.1.1'), v4('2.2.2.2')]);
    of('1.1.1.1').emit('error', failed('ECONNREFUSED'));
    expect(tried()).toEqual(['1.1.1.1', '2.2.2.2']);
    of('2.2.2.2').emit('connect');
    expect(await race).toBe(of('2.2.2.2'));
  });

  it('tries IPv6 and IPv4 by turns', () => {
    const { tried } = startRace([v4('1.1.1.1'), v4('2.2.2.2'), v6('::1'), v6('::2')]);
    vi.advanceTimersByTime(1_000);
    expect(tried()).toEqual(['::1', '1.1.1.1', '::2', '2.2.2.2']);
  });

  it('shares a short time among all addresses', () => {
    const { tried } = startRace([v4('1.1.1.1'), v4('2.2.2.2'), v4('3.3.3.3'), v4('4.4.4.4')], 100);
    vi.advanceTimersByTime(99);
    expect(tried()).toHaveLength(4);
  });

  it('gives all of them up when the time is over', async () => {
    const { race, of } = startRace([v4('1.1.1.1'), v4('2.2.2.2')]);
    vi.advanceTimersByTime(10_000);
    await expect(race).rejects.toMatchObject({ code: 'UND_ERR_CONNECT_TIMEOUT' });
    expect([of('1.1.1.1'), of('2.2.2.2')].map(({ destroyed }) => destroyed)).toEqual([true, true]);
  });

  it('waits for the others when the last one fails', async () => {
    const { race, of } = startRace([v4('1.1.1.1'), v4('2.2.2.2')]);
    vi.advanceTimersByTime(250);
    of('2.2.2.2').emit('error', failed('ECONNREFUSED'));
    of('1.1.1.1').emit('connect');
    expect(await race).toBe(of('1.1.1.1'));
  });

  it('fails with the error of the only address', async () => {
    const { race, of } = startRace([v4('1.1.1.1')]);
    const error = failed('ECONNREFUSED');
    of('1.1.1.1').emit('error', error);
    await expect(race).rejects.toBe(error);
  });

  it('names first the failure that says more than that there is no IPv6', async () => {
    const { race, of } = startRace([v6('::1'), v4('1.1.1.1')]);
    of('::1').emit('error', failed('ENETUNREACH', '::1'));
    of('1.1.1.1').emit('error', failed('ETIMEDOUT', '1.1.1.1'));
    await expect(race).rejects.toMatchObject({ errors: [{ code: 'ETIMEDOUT' }, { code: 'ENETUNREACH' }] });
  });

  it('tries a limited number of addresses, however many a name has', () => {
    const { tried } = startRace(Array.from({ length: 1_000 }, (_, n) => v4(`10.0.${n >> 8}.${n & 255}`)));
    vi.advanceTimersByTime(9_999);
    expect(tried()).toHaveLength(16);
  });

  it('connects for real', async () => {
    vi.useRealTimers();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = await connectFirst([v6('::1'), v4('127.0.0.1')], { port, timeoutMs: 10_000 });
    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    server.close();
  });
});
